-- key_sizes (uses clock): what some keys take up, and until when they live.
--
-- KEYS  any
-- ARGV  for each key a member of it, of which only the share is meant ('' for the whole key)
--
-- Returns for each key {bytes, expires_at in ms}, nothing ({}) for one that is not there or does not have the member.
-- bytes is -1 where the server does not tell, expires_at 0 for a key without a clock.

local now = now_ms()
local held = {}
for i, key in ipairs(KEYS) do
  local member, left = ARGV[i], redis.call('PTTL', key)
  held[i] = {}
  if left ~= -2 and (member == '' or redis.call('ZSCORE', key, member)) then
    local bytes
    if member == '' then
      bytes = redis.pcall('MEMORY', 'USAGE', key, 'SAMPLES', 0)
    else
      bytes = redis.pcall('MEMORY', 'USAGE', key)  -- an index may be long: it is not counted through
    end
    if type(bytes) ~= 'number' then
      bytes = -1
    elseif member ~= '' then
      bytes = math.ceil(bytes / redis.call('ZCARD', key))
    end
    held[i] = { bytes, left < 0 and '0' or integer(now + left) }
  end
end
return held
