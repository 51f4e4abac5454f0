-- index_stale (uses clock): finds members of the two indexes whose session is gone and, if asked, forgets them.
--
-- KEYS  session_index, session_recency, then the session of each member
-- ARGV  fix ('1' to forget, '0' to look only), then member, ...
--
-- Returns {past, early, unknown}: how many died on time and wait to be forgotten by the next listing, how many
-- went before their time, and how many are only in session_recency, which knows no time.

local now = now_ms()
local past, early, unknown = 0, 0, 0
for i = 3, #KEYS do
  local member = ARGV[i - 1]
  if redis.call('EXISTS', KEYS[i]) == 0 then
    local dies_at = tonumber(redis.call('ZSCORE', KEYS[1], member))
    if not dies_at then
      unknown = unknown + 1
    elseif dies_at <= now then
      past = past + 1
    else
      early = early + 1
    end
    if ARGV[1] == '1' then
      redis.call('ZREM', KEYS[1], member)
      redis.call('ZREM', KEYS[2], member)
    end
  end
end
return { past, early, unknown }
