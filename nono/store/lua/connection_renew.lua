-- connection_renew: keeps the places of open sockets for another while, whatever the limit says by now.
--
-- KEYS  socket_places or chat_tabs, one for each socket
-- ARGV  place_ms, then socket, ...
--
-- Returns 1.

local time = redis.call('TIME')
local ends_at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1])
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, ends_at, ARGV[i + 1])
  redis.call('PEXPIRE', key, ARGV[1])
end
return 1
