-- _prelude: functions that the scripts share; nono/store/client.py prepends them to every script. wind sets
-- the expiry of a session's keys.

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function integer(number)
  return string.format('%.0f', number)
end

-- Returns the expiry of a session in ms: now plus the TTL, limited by its maximum age.
local function end_of_life(now, created_ms, ttl_ms, max_age_ms)
  return math.min(now + tonumber(ttl_ms), tonumber(created_ms) + tonumber(max_age_ms))
end

-- Extends the TTL of an index to the expiry of its longest-lived session, so that every key has a TTL.
local function keep_index(index, expires_at)
  local left = redis.call('PTTL', index)
  if left < 0 or now_ms() + left < expires_at then
    redis.call('PEXPIREAT', index, integer(expires_at))
  end
end

-- Sets the expiry of all keys of a session and its scores in both indexes.
local function wind(session_keys, session_index, session_recency, user_id, expires_at, active_at)
  redis.call('HSET', session_keys[1], 'expires_at', integer(expires_at))
  for _, key in ipairs(session_keys) do
    redis.call('PEXPIREAT', key, integer(expires_at))
  end
  redis.call('ZADD', session_index, integer(expires_at), user_id)
  keep_index(session_index, expires_at)
  if active_at then
    redis.call('HSET', session_keys[1], 'active_ms', integer(active_at))
    redis.call('ZADD', session_recency, integer(active_at), user_id)
    keep_index(session_recency, expires_at)
  end
end

-- Removes at most at_most expired sessions from the indexes (-1: all); counts them if the counters key exists.
local function forget_the_dead(session_index, session_recency, counters, now, at_most)
  local dead = redis.call('ZRANGEBYSCORE', session_index, '-inf', integer(now), 'LIMIT', 0, at_most)
  for i = 1, #dead, 1000 do
    local some = { unpack(dead, i, math.min(i + 999, #dead)) }
    redis.call('ZREM', session_index, unpack(some))
    redis.call('ZREM', session_recency, unpack(some))
  end
  if #dead > 0 and redis.call('EXISTS', counters) == 1 then
    redis.call('HINCRBY', counters, 'sessions|expired', #dead)
  end
end
