// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.ListingNotSupportedException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * Lists the keys of principals by {@code SCAN}. Redis has no order of keys: a page looks
 * at a bounded part of all of them, and can find nothing there. Redis may show a key
 * twice while it moves keys.
 */
final class RedisListing {

	/**
	 * How many parts of the key space one page looks at.
	 */
	private static final int MOST_SCANS = 20;

	/**
	 * How many keys one command looks at, which keeps other clients waiting meanwhile.
	 */
	private static final int LARGEST_SCAN = 1000;

	private static final int SMALLEST_SCAN = 10;

	private static final int KEYS_AT_ONCE = 64;

	private static final String START = "0";

	private final ReactiveRedisConnectionFactory connectionFactory;

	private final RedisCommands commands;

	private final Keys keys;

	private final WorkThreads threads;

	RedisListing(ReactiveRedisConnectionFactory connectionFactory, RedisCommands commands, Keys keys,
			WorkThreads threads) {
		this.connectionFactory = connectionFactory;
		this.commands = commands;
		this.keys = keys;
		this.threads = threads;
	}

	Mono<GrantQuery.Page> list(GrantQuery query) {
		return Mono.defer(() -> {
			if (this.connectionFactory instanceof LettuceConnectionFactory lettuce && lettuce.isClusterAware()) {
				return Mono.error(new ListingNotSupportedException(
						"Stored grants cannot be listed on a Redis Cluster, where each node knows its own keys only. Keep them in a database, or name server and principal"));
			}
			String after = query.after();
			if (after != null && !after.matches("[0-9]{1,20}")) {
				return Mono.error(new IllegalArgumentException("'after' must be the 'next' of the page before"));
			}
			return look(query, new Progress((after != null) ? after : START, Map.of(), 0));
		});
	}

	private Mono<GrantQuery.Page> look(GrantQuery query, Progress progress) {
		int wanted = query.limit() - progress.found().size();
		int count = (query.principal() != null) ? LARGEST_SCAN
				: Math.min(LARGEST_SCAN, Math.max(SMALLEST_SCAN, wanted));
		return this.commands
			.run(this.threads.blocking(), Scripts.SCAN, List.of(),
					List.of(progress.cursor(), pattern(query), Integer.toString(count)))
			.flatMap((answer) -> entries(query, answer).map((entries) -> progress.with(answer, entries)))
			.flatMap((next) -> {
				boolean end = next.cursor().equals(START);
				return (end || next.found().size() >= query.limit() || next.scans() == MOST_SCANS)
						? Mono.just(new GrantQuery.Page(List.copyOf(next.found().values()), end ? null : next.cursor()))
						: look(query, next);
			});
	}

	private String pattern(GrantQuery query) {
		String principal = query.principal();
		String server = query.server();
		if (server != null && principal != null) {
			return this.keys.pattern(KeyCodec.of(GrantKey.of(server, principal)));
		}
		// The end of a principal's key depends on the length of the server's name, so it
		// is compared here
		return this.keys.pattern(((server != null) ? KeyCodec.first(server) : "*~-") + "*");
	}

	/**
	 * Several keys belong to a grant. The one that stands first among those that exist is
	 * listed for all of them, so that each grant is listed once.
	 */
	private Mono<List<GrantQuery.Entry>> entries(GrantQuery query, List<?> answer) {
		Map<String, Set<String>> kinds = new LinkedHashMap<>();
		answer.stream().skip(1).map((name) -> this.keys.parse(String.valueOf(name))).forEach((part) -> {
			if (part != null && mayBe(query, part.text())) {
				kinds.computeIfAbsent(part.text(), (text) -> new LinkedHashSet<>()).add(part.kind());
			}
		});
		return Flux.fromIterable(kinds.entrySet())
			.flatMapSequential((entry) -> entry(entry.getKey(), entry.getValue()), KEYS_AT_ONCE)
			.filter((entry) -> query.selects(entry.key()))
			.collectList();
	}

	private static boolean mayBe(GrantQuery query, String text) {
		String server = KeyCodec.serverOf(text);
		String principal = query.principal();
		return server != null && (principal == null || text.equals(KeyCodec.of(server, principal)));
	}

	private Mono<GrantQuery.Entry> entry(String text, Set<String> kinds) {
		return first(text, kinds).flatMap((first) -> {
			String kind = (first > 0) ? Keys.KINDS.get(Math.toIntExact(first - 1)) : "";
			return kinds.contains(kind)
					? key(text).map((key) -> new GrantQuery.Entry(key, kind.equals(Keys.KINDS.get(0)))) : Mono.empty();
		});
	}

	private Mono<Long> first(String text, Set<String> kinds) {
		if (kinds.contains(Keys.KINDS.get(0))) {
			return Mono.just(1L);
		}
		List<String> names = Keys.KINDS.stream().map((kind) -> this.keys.name(text, kind)).toList();
		return this.commands.run(this.threads.blocking(), Scripts.FIRST, names, List.of());
	}

	private Mono<GrantKey> key(String text) {
		GrantKey key = KeyCodec.parse(text);
		return (key != null) ? Mono.just(key)
				: this.commands
					.run(this.threads.blocking(), Scripts.GET, List.of(this.keys.name(text, "name")), List.of())
					.mapNotNull(KeyCodec::parse);
	}

	/**
	 * How far a page has come.
	 *
	 * @param cursor where Redis goes on, {@value #START} at the beginning and at the end
	 * @param found the entries so far
	 * @param scans how many parts were looked at
	 */
	private record Progress(String cursor, Map<GrantKey, GrantQuery.Entry> found, int scans) {

		Progress with(List<?> answer, List<GrantQuery.Entry> entries) {
			Map<GrantKey, GrantQuery.Entry> all = new LinkedHashMap<>(this.found);
			entries.forEach((entry) -> all.put(entry.key(), entry));
			return new Progress(String.valueOf(answer.get(0)), all, this.scans + 1);
		}

	}

}
