-- mend (uses clock): looks whether the keys of a session are as they should be and, if asked, makes them so.
--
-- KEYS  session, chat_history, chat_sends, chat_reply, chat_lease, session_index, session_recency
-- ARGV  user_id, ttl_ms, fix ('1' to mend, '0' to look only)
--
-- Returns {persona, active_ms, finding, ...}; {} if the session is gone by now. The findings:
--   damaged        the key is no hash or has no session_id: nothing to mend, it is to be removed
--   without clock  a key of it never expires
--   unequal clock  its keys would not die together
--   not listed     an index does not have it
-- A session without a clock gets a full one; otherwise its own clock decides.

local user_id, ttl_ms, fix = ARGV[1], ARGV[2], ARGV[3] == '1'

local kind = redis.call('TYPE', KEYS[1])['ok']
if kind == 'none' then return {} end
if kind ~= 'hash' or not redis.call('HGET', KEYS[1], 'session_id') then return { '', '0', 'damaged' } end

local now = now_ms()
local left = redis.call('PTTL', KEYS[1])
local without, unequal = left < 0, false
if without then left = tonumber(ttl_ms) end
for i = 2, 4 do
  local other = redis.call('PTTL', KEYS[i])
  if other == -1 then
    without = true
  elseif other >= 0 and math.abs(other - left) > 1000 then
    unequal = true
  end
end
local told = redis.call('HMGET', KEYS[1], 'persona', 'active_ms')
local listed = redis.call('ZSCORE', KEYS[6], user_id) and redis.call('ZSCORE', KEYS[7], user_id)

if fix and (without or unequal or not listed) then
  wind({ KEYS[1], KEYS[2], KEYS[3], KEYS[4] }, KEYS[6], KEYS[7], user_id, now + left, tonumber(told[2]) or now)
end

local findings = { told[1] or '', told[2] or '0' }
if without then findings[#findings + 1] = 'without clock' end
if unequal then findings[#findings + 1] = 'unequal clock' end
if not listed then findings[#findings + 1] = 'not listed' end
return findings
