-- rate_limit_take: takes one unit of a rate limit (generic cell rate algorithm), by the server's time.
--
-- KEYS  limit
-- ARGV  period_ms (after which one unit is available again), burst (units that may be taken at once)
--
-- Returns 0 if the unit was granted, else the milliseconds to wait.

local limit_key = KEYS[1]
local period, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local full_at = math.max(tonumber(redis.call('GET', limit_key) or now), now)
local granted_at = full_at + period - burst * period
if granted_at > now then return granted_at - now end
local next_full_at = string.format('%.0f', full_at + period)
redis.call('SET', limit_key, next_full_at, 'PX', string.format('%.0f', full_at + period - now))
return 0
