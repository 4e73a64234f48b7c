# docker build -t agw . && docker run -p 3000:3000 -e OPENAI_API_KEY -v ./cfg.yaml:/etc/agw/config.yaml agw --listen-host 0.0.0.0
FROM python:3.13-slim
WORKDIR /opt/agw
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY addon addon
COPY config config
COPY scripts scripts
RUN pip install --no-cache-dir --no-deps . && mkdir -p /var/lib/agw && chown 65532 /var/lib/agw
USER 65532
ENV HOME=/var/lib/agw
EXPOSE 3000 15020
# One worker for each core of the container: put the number in place of 1.
ENTRYPOINT ["python", "scripts/_workers.py", "1", "mitmdump", "-s", "addon/agentgateway.py", "--set", "agwconfig=/etc/agw/config.yaml", "--set", "agwstate=/var/lib/agw", "--set", "confdir=/var/lib/agw/mitmproxy", "--set", "flow_detail=0", "--set", "agwquiet=true"]
