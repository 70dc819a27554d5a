// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.internal.store.remote.Fence;
import io.github.mcpoauth.internal.store.remote.KeyCodec;
import io.github.mcpoauth.internal.store.remote.LeaseLostException;
import io.github.mcpoauth.internal.store.remote.LeaseTable;
import io.github.mcpoauth.internal.store.remote.RecordCommands;
import io.github.mcpoauth.internal.store.remote.RecordWrite;
import io.github.mcpoauth.internal.store.remote.RecordWrite.Damaged;
import io.github.mcpoauth.internal.store.remote.RecordWrite.Same;
import io.github.mcpoauth.internal.store.remote.RemoteEvents;
import io.github.mcpoauth.internal.store.remote.RemoteRecord;
import io.github.mcpoauth.internal.store.remote.RemoteStoreSettings;
import io.github.mcpoauth.internal.store.remote.Revision;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.GrantConflictException;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.function.Tuple2;
import reactor.util.function.Tuples;

import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.core.script.RedisScript;

/**
 * Records as Redis keys.
 */
final class RedisRecords implements RecordCommands {

	private static final int KEYS_AT_ONCE = 64;

	private final RedisCommands commands;

	private final Keys keys;

	private final RemoteStoreSettings settings;

	private final WorkThreads threads;

	private final RedisPush push;

	private final RedisLeaseTable leases;

	private final RedisListing listing;

	RedisRecords(ReactiveRedisConnectionFactory connectionFactory, Keys keys, RemoteStoreSettings settings,
			WorkThreads threads) {
		this.commands = new RedisCommands(connectionFactory);
		this.keys = keys;
		this.settings = settings;
		this.threads = threads;
		this.push = new RedisPush(connectionFactory, keys, threads);
		this.leases = new RedisLeaseTable(this.commands, keys, threads);
		this.listing = new RedisListing(connectionFactory, this.commands, keys, threads);
	}

	@Override
	public Mono<RemoteRecord> read(GrantKey key) {
		return Mono.defer(() -> {
			this.push.listen();
			return run(Scripts.READ, List.of(this.keys.grant(key), this.keys.document(key, Document.LESSONS)),
					List.of());
		}).map((fields) -> {
			String content = text(fields, 0);
			Revision revision = (content != null) ? new Revision(String.valueOf(fields.get(1))) : Revision.NONE;
			return new RemoteRecord(content, revision, text(fields, 2));
		});
	}

	@Override
	public Mono<Map<GrantKey, Revision>> revisions(Collection<GrantKey> asked) {
		return Mono.defer(() -> {
			this.push.listen();
			return Flux.fromIterable(List.copyOf(asked))
				.flatMap((key) -> run(Scripts.REVISION, List.of(this.keys.grant(key)), List.of())
					.map((revision) -> Tuples.of(key, new Revision(revision))), KEYS_AT_ONCE)
				.collectMap(Tuple2::getT1, Tuple2::getT2);
		}).doOnNext((found) -> this.push.echo(this.commands));
	}

	@Override
	public Mono<Boolean> write(GrantKey key, RecordWrite write) {
		String complete = KeyCodec.complete(key);
		// Before the grant, which would have no name if this process died in between
		return complete.equals(KeyCodec.of(key)) ? writeGrant(key, write)
				: write(key, Document.NAME, complete).then(Mono.defer(() -> writeGrant(key, write)));
	}

	private Mono<Boolean> writeGrant(GrantKey key, RecordWrite write) {
		List<String> arguments = new ArrayList<>(List.of(write.content(), Long.toString(write.fence().generation()),
				write.fence().tokens(), write.revision().value(), this.keys.channel(),
				RemoteEvents.changed(key, write.revision()), (write.metadata() != null) ? write.metadata() : ""));
		String metadata = this.keys.document(key, Document.METADATA);
		if (write.expected() instanceof Damaged damaged) {
			arguments.add(damaged.content());
			return run(Scripts.REPLACE_DAMAGED, List.of(this.keys.grant(key), metadata, this.keys.corrupt(key)),
					arguments)
				.map((written) -> written == 1);
		}
		Fence replaced = (write.expected() instanceof Same same) ? same.fence() : null;
		arguments.add((replaced != null) ? Long.toString(replaced.generation()) : "");
		arguments.add((replaced != null) ? replaced.tokens() : "");
		return run(Scripts.SAVE, List.of(this.keys.grant(key), metadata), arguments).map((written) -> written == 1);
	}

	@Override
	public Mono<Void> remove(GrantKey key, boolean all) {
		List<String> names = new ArrayList<>(List.of(this.keys.grant(key), this.keys.spending(key),
				this.keys.document(key, Document.LESSONS), this.keys.corrupt(key)));
		if (all) {
			names.addAll(List.of(this.keys.document(key, Document.CLIENT), this.keys.document(key, Document.METADATA),
					this.keys.document(key, Document.ISSUER), this.keys.document(key, Document.NAME),
					this.keys.logins(key)));
		}
		return run(Scripts.REMOVE, names, List.of(this.keys.channel(), RemoteEvents.changed(key, Revision.NONE)))
			.then();
	}

	@Override
	public Mono<String> read(GrantKey key, Document document) {
		return run(Scripts.GET, List.of(this.keys.document(key, document)), List.of())
			.filter((content) -> !content.isEmpty());
	}

	@Override
	public Mono<Void> write(GrantKey key, Document document, @Nullable String content) {
		return run(Scripts.SET, List.of(this.keys.document(key, document)), List.of((content != null) ? content : ""))
			.then();
	}

	@Override
	public Mono<String> writeIfAbsent(GrantKey key, Document document, String content) {
		return run(Scripts.SET_IF_ABSENT, List.of(this.keys.document(key, document)), List.of(content));
	}

	@Override
	public Mono<SpendingResult> note(GrantKey key, Fence read, SpendingNote note, Duration young,
			@Nullable String lease) {
		List<String> names = List.of(this.keys.lease(key), this.keys.spending(key), this.keys.grant(key));
		List<String> arguments = List.of((lease != null) ? lease : "", Long.toString(this.settings.lease().toMillis()),
				Long.toString(read.generation()), read.tokens(), note.fingerprint(), note.owner(),
				Long.toString(young.toMillis()));
		return run(Scripts.NOTE_SPENDING, names, arguments).map((result) -> {
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
	public Mono<Void> withdraw(GrantKey key, String owner) {
		return run(Scripts.WITHDRAW_SPENDING, List.of(this.keys.spending(key)), List.of(owner)).then();
	}

	@Override
	public Mono<GrantQuery.Page> list(GrantQuery query) {
		return this.listing.list(query);
	}

	@Override
	public Mono<String> logins(@Nullable GrantKey key) {
		return run(Scripts.GET, List.of(this.keys.logins(key)), List.of()).filter((text) -> !text.isEmpty());
	}

	@Override
	public Mono<Boolean> replaceLogins(@Nullable GrantKey key, @Nullable String expected, @Nullable String next,
			@Nullable Duration lifetime) {
		List<String> arguments = List.of((expected != null) ? expected : "", (next != null) ? next : "",
				(lifetime != null) ? Long.toString(Math.max(1, lifetime.toMillis())) : "0");
		return run(Scripts.REPLACE, List.of(this.keys.logins(key)), arguments).map((replaced) -> replaced == 1);
	}

	@Override
	public boolean removesExpiredLogins() {
		return true;
	}

	@Override
	public LeaseTable leases() {
		return this.leases;
	}

	@Override
	public void listen(RemoteEvents events) {
		this.push.events(events);
	}

	@Override
	public Reason reason(Throwable failure) {
		String text = (failure instanceof RedisConnectionFailureException) ? "no connection" : "the command failed";
		return new Reason("Redis", text, "Tokens in memory stay usable; check whether Redis can be reached", true);
	}

	@Override
	public String location(GrantKey key) {
		return this.keys.grant(key);
	}

	@Override
	public void close() {
		this.push.close();
	}

	private <T> Mono<T> run(RedisScript<T> script, List<String> names, List<String> arguments) {
		return this.commands.run(this.threads.blocking(), script, names, arguments);
	}

	/**
	 * A list of Lua ends at its first nil, so the scripts write a missing text as an
	 * empty one.
	 */
	private static @Nullable String text(List<?> fields, int index) {
		String text = String.valueOf(fields.get(index));
		return text.isEmpty() ? null : text;
	}

}
