// Lines over time with uPlot; redrawn when the page's width changes. The table beside each chart says the same in text.

const COLOURS = ["#0757ba", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#bf3989", "#0a7ea4", "#57606a", "#b35900"];
let live = [];

export function forget() {
  for (const [plot, watcher] of live) {
    watcher.disconnect();
    plot.destroy();
  }
  live = [];
}

// ``times`` are UTC: "2026-01-31" or "2026-01-31 13:00". ``period`` is [from, to] in seconds since the epoch.
export function lines(place, times, groups, show, period) {
  const style = getComputedStyle(document.body);
  const grid = style.getPropertyValue("--line");
  const text = style.getPropertyValue("--soft");
  const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
  const stamps = times.map((time) => Date.parse(time.length > 10 ? `${time.replace(" ", "T")}Z` : `${time}T00:00Z`) / 1000);
  const options = {
    width: place.clientWidth || 600,
    height: 260,
    series: [
      { value: (_, stamp) => (stamp === null ? "–" : new Date(stamp * 1000).toLocaleString()) },
      ...groups.map((group, index) => ({
        label: group.name || "(none)",
        stroke: COLOURS[index % COLOURS.length],
        width: 2,
        points: { show: times.length < 60 },
        value: (_, value) => (value === null ? "–" : show(value)),
      })),
    ],
    axes: [axis, { ...axis, size: 90, values: (_, ticks) => ticks.map(show) }],
    scales: { x: { range: () => period }, y: { range: (_, low, high) => [0, high > 0 ? high * 1.05 : 1] } },
  };
  const plot = new uPlot(options, [stamps, ...groups.map((group) => group.values)], place);
  const watcher = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: 260 }));
  watcher.observe(place);
  live.push([plot, watcher]);
}
