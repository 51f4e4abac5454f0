-- connection_acquire: acquires a slot for one open socket if fewer than the limit are in use, by the server's time.
--
-- KEYS  socket_places or chat_tabs
-- ARGV  socket, limit (0: none), place_ms (TTL of the slot unless it is renewed)
--
-- Returns 1 if the socket has a slot, 0 if all are in use. The slot of a process that died expires after place_ms.

local places_key = KEYS[1]
local socket, limit, place_ms = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

if limit > 0 and redis.call('ZCOUNT', places_key, '(' .. string.format('%.0f', now), '+inf') >= limit then return 0 end
redis.call('ZADD', places_key, string.format('%.0f', now + place_ms), socket)
redis.call('ZREMRANGEBYSCORE', places_key, '-inf', string.format('%.0f', now))
redis.call('PEXPIRE', places_key, place_ms)
return 1
