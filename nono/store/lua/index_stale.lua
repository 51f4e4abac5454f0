-- index_stale: counts the members of the two indexes whose session is gone and, with fix, removes them.
--
-- KEYS  session_index, session_recency, then the session of each member
-- ARGV  fix ('1': remove, '0': count only), then member, ...
--
-- Returns {past, early, unknown}: past expired on time (the next listing removes them too), early are gone before
-- their expiry, unknown are only in session_recency, which holds no expiry.

local index_key, recency_key = KEYS[1], KEYS[2]
local fix = ARGV[1]

local now = now_ms()
local past, early, unknown = 0, 0, 0
for i = 3, #KEYS do
  local member = ARGV[i - 1]
  if redis.call('EXISTS', KEYS[i]) == 0 then
    local dies_at = tonumber(redis.call('ZSCORE', index_key, member))
    if not dies_at then
      unknown = unknown + 1
    elseif dies_at <= now then
      past = past + 1
    else
      early = early + 1
    end
    if fix == '1' then
      redis.call('ZREM', index_key, member)
      redis.call('ZREM', recency_key, member)
    end
  end
end
return { past, early, unknown }
