// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import org.springframework.data.redis.core.script.RedisScript;

/**
 * What Redis must do in one step. Each tells the channel what it did.
 */
final class Scripts {

	/**
	 * Replace a grant that is still what it was, or create one that is not there. Keys:
	 * grant. Arguments: content, generation, tokens, revision, replaced generation (empty
	 * for none), replaced tokens, channel, message.
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
	 * Note a spending, as long as the lease is held, which is renewed. Keys: lease,
	 * spending. Arguments: owner (empty for none), lease in milliseconds, fingerprint.
	 * Answers -1 if the lease is not held.
	 */
	static final RedisScript<Long> NOTE_SPENDING = script("""
			if ARGV[1] ~= '' then
				if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
				redis.call('PEXPIRE', KEYS[1], ARGV[2])
			end
			local noted = 0
			if redis.call('GET', KEYS[2]) == ARGV[3] then noted = 1 end
			redis.call('SET', KEYS[2], ARGV[3])
			return noted
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
