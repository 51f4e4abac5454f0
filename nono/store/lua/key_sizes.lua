-- key_sizes: reads the memory size and the expiry of keys.
--
-- KEYS  any
-- ARGV  for each key a member of it, whose share of the size is wanted ('': the whole key)
--
-- Returns for each key {bytes, expires_at in ms}, or {} if the key or the member does not exist. bytes is -1 if the
-- server does not report it, expires_at is 0 for a key without TTL.

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
      bytes = redis.pcall('MEMORY', 'USAGE', key)  -- the default sample, because an index may be long
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
