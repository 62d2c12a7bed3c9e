FROM python:3.12-slim
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN useradd --system chot && mkdir -p /data /keys && chown chot /data /keys
USER chot
CMD ["python", "chot.py", "serve"]
