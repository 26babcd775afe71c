// Encodes what stands on standard input, an export request as it was decoded, once more with OpenTelemetry's own encoder.
// Usage: node otlp_reference.js FOLDER_OF_NODE_MODULES
const path = require("path");
const { JsonTraceSerializer } = require(path.join(process.argv[2], "@opentelemetry/otlp-transformer"));

const time = (nanoseconds) => [Number(BigInt(nanoseconds) / 1000000000n), Number(BigInt(nanoseconds) % 1000000000n)];
const valueOf = (value) => ("intValue" in value ? Number(value.intValue) : value.stringValue);
const attributes = (pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, valueOf(value)]));

const request = JSON.parse(require("fs").readFileSync(0, "utf8"));
const spans = [];
for (const { resource, scopeSpans } of request.resourceSpans) {
  const shared = { attributes: attributes(resource.attributes) };
  for (const { scope, spans: encoded } of scopeSpans) {
    for (const span of encoded) {
      spans.push({
        spanContext: () => ({
          traceId: span.traceId,
          spanId: span.spanId,
          traceFlags: 1,
          traceState: span.traceState === undefined ? undefined : { serialize: () => span.traceState },
        }),
        parentSpanId: span.parentSpanId,
        name: span.name,
        kind: span.kind - 1, // the API counts from 0
        startTime: time(span.startTimeUnixNano),
        endTime: time(span.endTimeUnixNano),
        attributes: attributes(span.attributes),
        status: { code: span.status.code ?? 0 },
        events: [],
        links: [],
        droppedAttributesCount: 0,
        droppedEventsCount: 0,
        droppedLinksCount: 0,
        resource: shared,
        instrumentationLibrary: scope,
      });
    }
  }
}
process.stdout.write(JsonTraceSerializer.serializeRequest(spans));
