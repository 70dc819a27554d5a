// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.util.List;

import org.springframework.data.redis.core.script.RedisScript;

/**
 * The commands as Lua scripts. Redis runs each as one step, and its client sends each to
 * the primary.
 */
final class Scripts {

	/**
	 * Read a record. Keys: grant, lessons.
	 */
	@SuppressWarnings("rawtypes")
	static final RedisScript<List> READ = RedisScript.of("""
			local stored = redis.call('HMGET', KEYS[1], 'content', 'revision')
			return { stored[1] or '', stored[2] or '', redis.call('GET', KEYS[2]) or '' }
			""", List.class);

	/**
	 * Read a revision, empty if absent. Keys: grant.
	 */
	static final RedisScript<String> REVISION = RedisScript.of("return redis.call('HGET', KEYS[1], 'revision') or ''",
			String.class);

	/**
	 * Read a text, empty if absent. Keys: document.
	 */
	static final RedisScript<String> GET = RedisScript.of("return redis.call('GET', KEYS[1]) or ''", String.class);

	/**
	 * Write a text, or remove it. Keys: document. Arguments: content, empty to remove it.
	 */
	static final RedisScript<Long> SET = script("""
			if ARGV[1] == '' then return redis.call('DEL', KEYS[1]) end
			redis.call('SET', KEYS[1], ARGV[1])
			return 1
			""");

	/**
	 * Write a text unless there is one, and answer the one that is stored then. Keys:
	 * document. Arguments: content.
	 */
	static final RedisScript<String> SET_IF_ABSENT = RedisScript.of("""
			redis.call('SETNX', KEYS[1], ARGV[1])
			return redis.call('GET', KEYS[1])
			""", String.class);

	/**
	 * Replace a text if it is the expected one. Keys: text. Arguments: expected text
	 * (empty if absent), new text (empty to remove it), lifetime in milliseconds (0 for
	 * ever).
	 */
	static final RedisScript<Long> REPLACE = script("""
			if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
			if ARGV[2] == '' then
				redis.call('DEL', KEYS[1])
			elseif ARGV[3] == '0' then
				redis.call('SET', KEYS[1], ARGV[2])
			else
				redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
			end
			return 1
			""");

	/**
	 * Replace a grant that is the expected one, or create one that is absent. Keys:
	 * grant, metadata. Arguments: content, generation, tokens, revision, channel,
	 * message, metadata (empty to keep them), replaced generation (empty if absent),
	 * replaced tokens.
	 */
	static final RedisScript<Long> SAVE = script(
			"""
					local stored = redis.call('HMGET', KEYS[1], 'generation', 'tokens')
					if ARGV[8] == '' then
						if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
					elseif stored[1] ~= ARGV[8] or stored[2] ~= ARGV[9] then
						return 0
					end
					redis.call('HSET', KEYS[1], 'content', ARGV[1], 'generation', ARGV[2], 'tokens', ARGV[3], 'revision', ARGV[4])
					if ARGV[7] ~= '' then redis.call('SET', KEYS[2], ARGV[7]) end
					redis.call('PUBLISH', ARGV[5], ARGV[6])
					return 1
					""");

	/**
	 * Replace a damaged grant and keep a copy of it. Keys: grant, metadata, copies.
	 * Arguments: content, generation, tokens, revision, channel, message, metadata (empty
	 * to keep them), damaged content.
	 */
	static final RedisScript<Long> REPLACE_DAMAGED = script(
			"""
					if redis.call('HGET', KEYS[1], 'content') ~= ARGV[8] then return 0 end
					redis.call('HSET', KEYS[3], ARGV[4], ARGV[8])
					redis.call('HSET', KEYS[1], 'content', ARGV[1], 'generation', ARGV[2], 'tokens', ARGV[3], 'revision', ARGV[4])
					if ARGV[7] ~= '' then redis.call('SET', KEYS[2], ARGV[7]) end
					redis.call('PUBLISH', ARGV[5], ARGV[6])
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
	 * Send a message. Arguments: channel, message.
	 */
	static final RedisScript<Long> PUBLISH = script("return redis.call('PUBLISH', ARGV[1], ARGV[2])");

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
	 * if absent), lease in milliseconds, generation, tokens, fingerprint, owner of the
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
	 * Take a lease that has no holder. Keys: lease. Arguments: owner, lease in
	 * milliseconds.
	 */
	static final RedisScript<Long> TAKE = script("""
			if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
			return 0
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

	/**
	 * Look at a part of all keys. Arguments: cursor, pattern, number of keys to look at.
	 * Answers the next cursor, and the keys that fit.
	 */
	@SuppressWarnings("rawtypes")
	static final RedisScript<List> SCAN = RedisScript.of("""
			local found = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
			local answer = { found[1] }
			for index = 1, #found[2] do answer[index + 1] = found[2][index] end
			return answer
			""", List.class);

	/**
	 * The number of the first key that exists, 0 if no key exists. Keys: any.
	 */
	static final RedisScript<Long> FIRST = script("""
			for index = 1, #KEYS do
				if redis.call('EXISTS', KEYS[index]) == 1 then return index end
			end
			return 0
			""");

	private Scripts() {
	}

	private static RedisScript<Long> script(String lua) {
		return RedisScript.of(lua, Long.class);
	}

}
