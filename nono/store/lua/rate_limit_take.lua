-- rate_limit_take: one unit of a rate limit (the generic cell rate algorithm), by the store's own clock.
--
-- KEYS  limit
-- ARGV  period_ms (in which one unit comes back), burst (units that may be taken at once)
--
-- Returns 0 if it was granted, else the milliseconds after which it would be.

local period, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local granted_at = full_at + period - burst * period
if granted_at > now then return granted_at - now end
local next_full_at = string.format('%.0f', full_at + period)
redis.call('SET', KEYS[1], next_full_at, 'PX', string.format('%.0f', full_at + period - now))
return 0
