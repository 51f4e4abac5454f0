-- connection_renew: renews the slots of open sockets, regardless of the limit.
--
-- KEYS  socket_places or chat_tabs, one for each socket
-- ARGV  place_ms, then socket, ...
--
-- Returns 1.

local place_ms = ARGV[1]

local time = redis.call('TIME')
local ends_at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + place_ms)
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, ends_at, ARGV[i + 1])
  redis.call('PEXPIRE', key, place_ms)
end
return 1
