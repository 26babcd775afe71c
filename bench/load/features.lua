-- wrk's script: GET with a token, an API key, an Origin and a trace context. Arguments: the file of tokens, how many of them to use in turn,
-- the key. The last output line is the outcome as JSON.

local tokens, count, key, at = {}, 1, "", 0

function init(args)
  count = tonumber(args[2])
  key = args[3]
  for token in io.lines(args[1]) do tokens[#tokens + 1] = token end
  for i = 1, count do
    tokens[i] = wrk.format("GET", nil, {
      ["Host"] = "127.0.0.1", ["Origin"] = "https://shop.example.com", ["Authorization"] = "Bearer " .. tokens[i], ["x-api-key"] = key,
      ["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"})
  end
end

function request()
  at = at % count + 1
  return tokens[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\n{"requests": %d, "errors": %d}\n', summary.requests,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
