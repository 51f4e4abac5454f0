-- connection_acquire: takes a place for one open socket, where fewer than the limit are taken, by the store's own clock.
--
-- KEYS  socket_places or chat_tabs
-- ARGV  socket, limit (0 for none), place_ms (for which a place is held unless it is kept)
--
-- Returns 1 if the socket has its place, 0 if all are taken. A place whose process died counts no longer than place_ms.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit = tonumber(ARGV[2])

if limit > 0 and redis.call('ZCOUNT', KEYS[1], '(' .. string.format('%.0f', now), '+inf') >= limit then return 0 end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[3]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
