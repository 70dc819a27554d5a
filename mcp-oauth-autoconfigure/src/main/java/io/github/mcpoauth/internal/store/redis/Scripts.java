// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import org.springframework.data.redis.core.script.RedisScript;

/**
 * What Redis must do in one step. Each tells the channel what it did.
 */
final class Scripts {

	/**
	 * Replace a grant that is still what it was, or create one that is not there. Keys:
	 * grant, metadata. Arguments: content, generation, tokens, revision, replaced
	 * generation (empty for none), replaced tokens, channel, message, metadata (empty to
	 * keep them).
	 */
	static final RedisScript<Long> SAVE = script(
			"""
					local stored = redis.call('HMGET', KEYS[1], 'generation', 'tokens')
					if ARGV[5] == '' then
						if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
					elseif stored[1] ~= ARGV[5] or stored[2] ~= ARGV[6] then
						return 0
					end
					redis.call('HSET', KEYS[1], 'content', ARGV[1], 'generation', ARGV[2], 'tokens', ARGV[3], 'revision', ARGV[4])
					if ARGV[9] ~= '' then redis.call('SET', KEYS[2], ARGV[9]) end
					redis.call('PUBLISH', ARGV[7], ARGV[8])
					return 1
					""");

	/**
	 * Replace a damaged grant and keep it aside. Keys: grant, corrupt. Arguments:
	 * content, generation, tokens, revision, damaged content, channel, message.
	 */
	static final RedisScript<Long> REPLACE_CORRUPT = script(
			"""
					if redis.call('HGET', KEYS[1], 'content') ~= ARGV[5] then return 0 end
					redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
					redis.call('HSET', KEYS[1], 'content', ARGV[1], 'generation', ARGV[2], 'tokens', ARGV[3], 'revision', ARGV[4])
					redis.call('PUBLISH', ARGV[6], ARGV[7])
					return 1
					""");

	/**
	 * Remove keys. Keys: grant, others. Arguments: channel, message.
	 */
	static final RedisScript<Long> REMOVE = script("""
			local removed = redis.call('DEL', KEYS[1])
			for index = 2, #KEYS do redis.call('DEL', KEYS[index]) end
			if removed == 1 then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
			return removed
			""");

	/**
	 * Answers of {@link #NOTE_SPENDING}. Above {@link #PENDING}, the age of the note of
	 * another owner in milliseconds is added.
	 */
	static final long LEASE_LOST = -1;

	static final long CONFLICT = -2;

	static final long SPENT_BEFORE = 1;

	static final long PENDING = 2;

	/**
	 * Note a spending, if the lease is held, which is renewed, and the grant is the one
	 * that was read. Keys: lease, spending, grant. Arguments: owner of the lease (empty
	 * for none), lease in milliseconds, generation, tokens, fingerprint, owner of the
	 * note, age in milliseconds up to which a note counts.
	 */
	static final RedisScript<Long> NOTE_SPENDING = script("""
			if ARGV[1] ~= '' then
				if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
				redis.call('PEXPIRE', KEYS[1], ARGV[2])
			end
			local stored = redis.call('HMGET', KEYS[3], 'generation', 'tokens')
			if stored[1] ~= ARGV[3] or stored[2] ~= ARGV[4] then return -2 end
			local time = redis.call('TIME')
			local now = time[1] * 1000 + math.floor(time[2] / 1000)
			local noted = 0
			local fingerprint, owner, at = string.match(redis.call('GET', KEYS[2]) or '', '^(%S+) ?(%S*) ?(%d*)$')
			if fingerprint == ARGV[5] then
				noted = 1
				if at ~= '' and owner ~= ARGV[6] then
					local age = math.abs(now - tonumber(at))
					if age < tonumber(ARGV[7]) then return 2 + age end
				end
			end
			redis.call('SET', KEYS[2], ARGV[5] .. ' ' .. ARGV[6] .. ' ' .. string.format('%.0f', now))
			return noted
			""");

	/**
	 * Withdraw a note. Keys: spending. Arguments: owner.
	 */
	static final RedisScript<Long> WITHDRAW_SPENDING = script("""
			local owner = string.match(redis.call('GET', KEYS[1]) or '', '^%S+ (%S+)')
			if owner and owner ~= ARGV[1] then return 0 end
			return redis.call('DEL', KEYS[1])
			""");

	/**
	 * Renew a lease. Keys: lease. Arguments: owner, lease in milliseconds.
	 */
	static final RedisScript<Long> RENEW = script("""
			if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
			return redis.call('PEXPIRE', KEYS[1], ARGV[2])
			""");

	/**
	 * Give a lease back. Keys: lease. Arguments: owner, channel, message.
	 */
	static final RedisScript<Long> GIVE_BACK = script("""
			if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
			redis.call('DEL', KEYS[1])
			redis.call('PUBLISH', ARGV[2], ARGV[3])
			return 1
			""");

	private Scripts() {
	}

	private static RedisScript<Long> script(String lua) {
		return RedisScript.of(lua, Long.class);
	}

}
