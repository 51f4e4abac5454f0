-- _prelude: the one way in which the keys of a session get their time to live. Prepended to the scripts that
-- say "uses clock" in their head.

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function integer(number)
  return string.format('%.0f', number)
end

-- Returns when the session dies: a full clock from now, but never past its greatest age.
local function end_of_life(now, created_ms, ttl_ms, max_age_ms)
  return math.min(now + tonumber(ttl_ms), tonumber(created_ms) + tonumber(max_age_ms))
end

-- Keeps an index just as long as the longest-lived session in it, so that no key is without a clock.
local function keep_index(index, expires_at)
  local left = redis.call('PTTL', index)
  if left < 0 or now_ms() + left < expires_at then
    redis.call('PEXPIREAT', index, integer(expires_at))
  end
end

-- Gives all keys of a session the same clock and tells both indexes.
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

-- Takes sessions that have died out of the lists, at most some at once, and counts them where anything is counted.
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
