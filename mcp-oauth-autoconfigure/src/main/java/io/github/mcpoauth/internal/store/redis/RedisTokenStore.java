// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.record.ClientDocument;
import io.github.mcpoauth.internal.store.record.GrantDocument;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.LessonsDocument;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.store.remote.Fence;
import io.github.mcpoauth.internal.store.remote.LeaseLock;
import io.github.mcpoauth.internal.store.remote.LeaseLostException;
import io.github.mcpoauth.internal.store.remote.RecordWatch;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.store.remote.Revision;
import io.github.mcpoauth.store.CorruptRecordException;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.RecordStamp;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.function.Tuple2;
import reactor.util.function.Tuples;

import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/**
 * Keeps grants in Redis, for nodes that share them. As durable as that Redis is: one that
 * may lose acknowledged writes when it restarts or fails over may lose logins.
 * <p>
 * The lock is a key that expires. A write is one script that compares the generation and
 * the tokens it replaces, so that a node whose lock ran out while it was paused cannot
 * overwrite. Changes are pushed over a channel, and records in use are compared now and
 * then behind that, see {@link RecordWatch}.
 */
public final class RedisTokenStore implements TokenStore, AutoCloseable {

	/**
	 * What the names of all keys begin with by default.
	 */
	public static final String DEFAULT_KEY_PREFIX = "mcp-oauth:";

	private static final Log logger = LogFactory.getLog(RedisTokenStore.class);

	private static final int KEYS_AT_ONCE = 64;

	private final ReactiveStringRedisTemplate redis;

	private final Keys keys;

	private final RemoteStoreSettings settings;

	private final RecordWatch watch;

	private final RedisPush push;

	private final LeaseLock lock;

	/**
	 * Create a store.
	 * @param connectionFactory where connections come from
	 * @param keyPrefix what the names of all keys, and of the channel, begin with
	 * @param settings times
	 */
	public RedisTokenStore(ReactiveRedisConnectionFactory connectionFactory, String keyPrefix,
			RemoteStoreSettings settings) {
		this.redis = new ReactiveStringRedisTemplate(connectionFactory);
		this.keys = new Keys(keyPrefix);
		this.settings = settings;
		this.watch = new RecordWatch(this::revisions, settings);
		this.push = new RedisPush(connectionFactory, this.keys, this.watch);
		this.lock = new LeaseLock(new RedisLeaseTable(this.redis, this.keys), settings.lease());
	}

	@Override
	public Mono<StoredGrant> load(GrantKey key) {
		return Mono.defer(() -> {
			this.push.listen(this.lock);
			RecordWatch.Mark mark = this.watch.mark(key);
			return read(key,
					this.redis.<String, String>opsForHash()
						.multiGet(this.keys.grant(key), List.of("content", "revision"))
						.zipWith(this.redis.opsForValue().get(this.keys.lessons(key)).defaultIfEmpty("{}")))
				.doOnError((ex) -> this.watch.failed())
				.map((read) -> {
					List<String> fields = read.getT1();
					String content = fields.get(0);
					Revision revision = (content != null) ? new Revision(String.valueOf(fields.get(1))) : Revision.NONE;
					this.watch.seen(key, mark, revision);
					return new StoredGrant((content != null) ? decode(key, content) : null, revision,
							lessons(read.getT2()));
				});
		});
	}

	@Override
	public boolean isCurrent(GrantKey key, RecordStamp stamp) {
		return stamp instanceof Revision && this.watch.isCurrent(key, stamp);
	}

	@Override
	public Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces,
			@Nullable Map<String, Object> metadata) {
		return Mono.defer(() -> {
			RecordWatch.Mark mark = this.watch.mark(key);
			Revision revision = Revision.random();
			Fence fence = Fence.of(grant);
			Fence expected = (replaces != null) ? Fence.of(replaces) : null;
			List<String> record = List.of(text(GrantDocument.render(grant)), Long.toString(fence.generation()),
					fence.tokens(), revision.value());
			Mono<Long> replaced = script(Scripts.SAVE, List.of(this.keys.grant(key), this.keys.metadata(key)), record,
					List.of((expected != null) ? Long.toString(expected.generation()) : "",
							(expected != null) ? expected.tokens() : "", this.keys.channel(),
							Messages.changed(key, revision),
							(metadata != null) ? text(JsonMembers.render(metadata)) : ""));
			return write(key, "written", replaced.flatMap((written) -> (written == 0 && replaces == null)
					? replaceCorrupt(key, record, revision) : Mono.just(written)))
				.flatMap((written) -> {
					if (written == 0) {
						throw new GrantConflictException(key.server());
					}
					this.watch.seen(key, mark, revision);
					return read(key, this.redis.opsForValue().get(this.keys.lessons(key)).defaultIfEmpty("{}"))
						.map((lessons) -> new StoredGrant(grant, revision, lessons(lessons)));
				});
		});
	}

	private static GrantLessons lessons(String content) {
		try {
			return LessonsDocument.parse(content.getBytes(StandardCharsets.UTF_8));
		}
		catch (MalformedRecordException ex) {
			return GrantLessons.NONE;
		}
	}

	@Override
	public Mono<Void> saveLessons(GrantKey key, GrantLessons lessons) {
		return Mono.defer(() -> set(key, this.keys.lessons(key), text(LessonsDocument.render(lessons))));
	}

	@Override
	public Mono<Void> delete(GrantKey key) {
		return remove(key, List.of(this.keys.grant(key), this.keys.spending(key), this.keys.lessons(key)));
	}

	@Override
	public Mono<Void> purge(GrantKey key) {
		return remove(key, List.of(this.keys.grant(key), this.keys.spending(key), this.keys.client(key),
				this.keys.metadata(key), this.keys.corrupt(key), this.keys.lessons(key), this.keys.issuer(key)));
	}

	@Override
	public Mono<OAuthClient> loadClient(GrantKey key) {
		return document(key, this.keys.client(key), ClientDocument::parse);
	}

	@Override
	public Mono<Void> saveClient(GrantKey key, OAuthClient client) {
		return Mono.defer(() -> set(key, this.keys.client(key), text(ClientDocument.render(client))));
	}

	@Override
	public Mono<Void> deleteClient(GrantKey key) {
		return write(key, "removed", this.redis.delete(this.keys.client(key))).then();
	}

	@Override
	public Mono<String> loadIssuer(GrantKey key) {
		return read(key, this.redis.opsForValue().get(this.keys.issuer(key.ofApplication())));
	}

	@Override
	public Mono<String> bindIssuer(GrantKey key, String issuer) {
		String name = this.keys.issuer(key.ofApplication());
		return write(key, "written", this.redis.opsForValue().setIfAbsent(name, issuer))
			.flatMap((bound) -> bound ? Mono.just(issuer) : read(key, this.redis.opsForValue().get(name)));
	}

	@Override
	public Mono<Map<String, Object>> loadMetadata(GrantKey key) {
		return document(key, this.keys.metadata(key), (content) -> JsonMembers.parse(content).rest());
	}

	@Override
	public Mono<Void> saveMetadata(GrantKey key, Map<String, Object> metadata) {
		return Mono.defer(() -> set(key, this.keys.metadata(key), text(JsonMembers.render(metadata))));
	}

	@Override
	public <T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work) {
		return this.lock.locked(key, wait, work.subscribeOn(Schedulers.boundedElastic()));
	}

	@Override
	public Mono<SpendingResult> noteSpending(GrantKey key, Grant grant, SpendingNote note, Duration young) {
		return Mono.defer(() -> {
			String owner = this.lock.owner(key);
			// The last look before the token is sent: a node that was paused since it got
			// the
			// lock must not send what another has spent meanwhile
			Fence read = Fence.of(grant);
			return write(key, "written",
					script(Scripts.NOTE_SPENDING,
							List.of(this.keys.lease(key), this.keys.spending(key), this.keys.grant(key)),
							List.of((owner != null) ? owner : "", Long.toString(this.settings.lease().toMillis()),
									Long.toString(read.generation()), read.tokens()),
							List.of(note.fingerprint(), note.owner(), Long.toString(young.toMillis()))));
		}).map((result) -> {
			if (result == Scripts.LEASE_LOST) {
				throw new LeaseLostException(key.server(), this.settings.lease());
			}
			if (result == Scripts.CONFLICT) {
				throw new GrantConflictException(key.server());
			}
			return (result <= Scripts.SPENT_BEFORE) ? new SpendingResult.Noted(result == Scripts.SPENT_BEFORE)
					: new SpendingResult.Pending(Duration.ofMillis(result - Scripts.PENDING));
		});
	}

	@Override
	public Mono<Void> withdrawSpending(GrantKey key, String owner) {
		return write(key, "removed",
				script(Scripts.WITHDRAW_SPENDING, List.of(this.keys.spending(key)), List.of(owner), List.of()))
			.then();
	}

	@Override
	public void forget(GrantKey key) {
		this.watch.forget(key);
	}

	@Override
	public String location(GrantKey key) {
		return this.keys.grant(key);
	}

	/**
	 * Stop listening. The connection factory is left open.
	 */
	@Override
	public void close() {
		this.push.close();
	}

	private Grant decode(GrantKey key, String content) {
		try {
			// A lifetime without an expiry is nothing that this store ever wrote
			return GrantDocument.parse(content.getBytes(StandardCharsets.UTF_8), Instant.EPOCH).grant();
		}
		catch (MalformedRecordException ex) {
			throw new CorruptRecordException(key.server(),
					"The stored grant of MCP server '%s' in %s %s. Log in again: `%s`; the damaged record is then kept aside"
						.formatted(key, location(key), ex.getMessage(), key.loginCommand()),
					null);
		}
	}

	private Mono<Long> replaceCorrupt(GrantKey key, List<String> record, Revision revision) {
		return this.redis.<String, String>opsForHash()
			.get(this.keys.grant(key), "content")
			.filter((content) -> isCorrupt(key, content))
			.flatMap((content) -> script(Scripts.REPLACE_CORRUPT, List.of(this.keys.grant(key), this.keys.corrupt(key)),
					record, List.of(content, this.keys.channel(), Messages.changed(key, revision))))
			.doOnNext((written) -> logger.warn("The damaged record of MCP server '%s' is kept aside in %s"
				.formatted(key.server(), this.keys.corrupt(key))))
			.defaultIfEmpty(0L);
	}

	private boolean isCorrupt(GrantKey key, String content) {
		try {
			decode(key, content);
			return false;
		}
		catch (CorruptRecordException ex) {
			return true;
		}
	}

	private Mono<Void> remove(GrantKey key, List<String> names) {
		return Mono.defer(() -> {
			RecordWatch.Mark mark = this.watch.mark(key);
			return write(key, "removed", script(Scripts.REMOVE, names,
					List.of(this.keys.channel(), Messages.changed(key, Revision.NONE)), List.of()))
				.doOnNext((removed) -> this.watch.seen(key, mark, Revision.NONE))
				.then();
		});
	}

	private Mono<Map<GrantKey, Revision>> revisions(Collection<GrantKey> asked) {
		this.push.listen(this.lock);
		Mono<Long> echo = this.watch.isConnected() ? Mono.empty()
				: this.redis.convertAndSend(this.keys.channel(), Messages.echo()).onErrorComplete();
		return echo.thenMany(Flux.fromIterable(asked))
			.flatMap((key) -> this.redis.<String, String>opsForHash()
				.get(this.keys.grant(key), "revision")
				.map(Revision::new)
				.defaultIfEmpty(Revision.NONE)
				.map((revision) -> Tuples.of(key, revision)), KEYS_AT_ONCE)
			.collectMap(Tuple2::getT1, Tuple2::getT2);
	}

	private <T> Mono<T> document(GrantKey key, String name, Parser<T> parser) {
		return read(key, this.redis.opsForValue().get(name)).handle((content, sink) -> {
			try {
				sink.next(parser.parse(content.getBytes(StandardCharsets.UTF_8)));
			}
			catch (MalformedRecordException ex) {
				logger.debug("%s %s".formatted(name, ex.getMessage()));
			}
		});
	}

	private Mono<Void> set(GrantKey key, String name, String content) {
		return write(key, "written", this.redis.opsForValue().set(name, content)).then();
	}

	private Mono<Long> script(RedisScript<Long> script, List<String> names, List<String> arguments, List<String> more) {
		List<String> all = new ArrayList<>(arguments);
		all.addAll(more);
		return this.redis.execute(script, names, all).next();
	}

	private <T> Mono<T> read(GrantKey key, Mono<T> command) {
		return command.timeout(this.settings.timeout())
			.publishOn(Schedulers.boundedElastic())
			.onErrorMap((ex) -> RedisErrors.describe(key, this.settings.timeout(), ex))
			.onErrorMap((ex) -> RedisErrors.translate(key, "read", ex));
	}

	/**
	 * A command that runs to its end even if nobody waits for it any more, so that it is
	 * known what a cancelled caller has done.
	 */
	private <T> Mono<T> write(GrantKey key, String what, Mono<T> command) {
		return Mono.defer(() -> Mono.fromFuture(command.toFuture(), true))
			.publishOn(Schedulers.boundedElastic())
			.onErrorMap((ex) -> RedisErrors.translate(key, what, ex));
	}

	private static String text(byte[] json) {
		return new String(json, StandardCharsets.UTF_8);
	}

	private interface Parser<T> {

		T parse(byte[] content) throws MalformedRecordException;

	}

}
