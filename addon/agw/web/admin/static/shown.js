// Figures as people read them. What is not known is a dash, never 0.

export const count = (value) => (value === null || value === undefined ? "–" : Number(value).toLocaleString("en"));

export function dollars(value) {
  if (value === null || value === undefined) return "–";
  const amount = Number(value);
  return "$" + (amount >= 1 ? amount.toFixed(2) : amount.toLocaleString("en", { maximumSignificantDigits: 3, maximumFractionDigits: 12 }));
}

export const seconds = (value) => (value === null || value === undefined ? "–" : value < 10 ? `${value.toFixed(2)} s` : `${value.toFixed(1)} s`);

export const share = (value) => (value === null || value === undefined ? "–" : `${(value * 100).toFixed(1)} %`);

export const moment = (ns) => new Date(ns / 1e6).toLocaleString();

export const name = (value) => (value === null || value === undefined || value === "" ? "(none)" : String(value));

export const measured = (measure, value) => (measure === "cost" ? dollars(value) : count(value));
