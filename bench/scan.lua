-- wrk's part: every request has its own token, code and time. Arguments: the file of people, how many
-- threads share it (each takes its own part), and the number of the run: each begins with other people
-- and in another millisecond, so that all come by turns and no scan comes twice.
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  heads, second, clock = {}, 0, ""
  local shares, run, line = tonumber(args[2]), tonumber(args[3]), 0
  for text in io.lines(args[1]) do
    if line % shares == number then
      local token, code = text:match("^(%S+)\t(%S+)$")
      local open = '{"code":"' .. code .. '","at":"'
      heads[#heads + 1] = "POST /v1/check-ins HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
        .. token .. "\r\nContent-Type: application/json\r\nContent-Length: "
        .. (#open + 26) .. "\r\n\r\n" .. open
    end
    line = line + 1
  end
  turn, cycle = run * 7919 % #heads, run * 50 % 1000
end

-- Through all people, then again with the next millisecond of the running second.
function request()
  turn = turn + 1
  if turn > #heads then
    turn = 1
    cycle = (cycle + 1) % 1000
  end
  local now = os.time()
  if now ~= second then
    second = now
    clock = os.date("!%Y-%m-%dT%H:%M:%S", now)
  end
  return heads[turn] .. clock .. string.format(".%03dZ", cycle) .. '"}'
end

function done(summary)
  local errors = summary.errors
  io.write(string.format("\nRESULT %d %d %d %d\n", summary.requests, summary.duration,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
