// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.pending;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.internal.store.memory.InMemoryLoginRecords;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.LoginRecords;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The entries of one kind that wait for users, as all processes know them. A grant has a
 * few. All kinds are in one sealed text, which is replaced by compare-and-set, so that of
 * several processes one changes an entry.
 *
 * @param <T> the type of entry
 */
public final class PendingRecords<T> {

	/**
	 * How long after its end a late answer is told why it is too late.
	 */
	private static final Duration KEPT = Duration.ofMinutes(10);

	private static final int ATTEMPTS = 20;

	private static final String END = "expires_at";

	private static final Log logger = LogFactory.getLog(PendingRecords.class);

	private final LoginRecords records;

	private final PendingKind<T> kind;

	private final Clock clock;

	// Any of two seals read at the same time may stay: a text names its key
	private volatile @Nullable PendingSeal seal;

	/**
	 * Create the entries of a store.
	 * @param records the records of the store, {@code null} if it keeps none: the entries
	 * then end with this process
	 * @param kind the kind of entries
	 * @param threads the threads of the manager
	 * @param clock the clock
	 */
	public PendingRecords(@Nullable LoginRecords records, PendingKind<T> kind, WorkThreads threads, Clock clock) {
		this.records = (records != null) ? records : new InMemoryLoginRecords(threads);
		this.kind = kind;
		this.clock = clock;
	}

	/**
	 * Whether other processes know the entries when this one ends.
	 * @return {@code false} if they are in memory
	 */
	public boolean outliveProcess() {
		return this.records.outliveProcess();
	}

	/**
	 * Whether the store leaves it to its users to remove entries that ended long ago.
	 * @return {@code false} if the store does so itself
	 */
	public boolean keepExpired() {
		return !this.records.removesExpired();
	}

	/**
	 * The entries of a grant, also those that ended a short time ago.
	 * @param key the grant
	 * @return a mono with the entries in their order
	 */
	public Mono<List<T>> of(GrantKey key) {
		return read(key).map(Content::entries);
	}

	/**
	 * Change the entries of a grant.
	 * @param key the grant
	 * @param change makes the next entries, {@code null} to leave them as they are. It is
	 * called again if another process was faster
	 * @return a mono with whether they were changed
	 */
	public Mono<Boolean> change(GrantKey key, Function<List<T>, @Nullable List<T>> change) {
		return Mono.defer(() -> read(key)).flatMap((before) -> {
			List<T> after = change.apply(before.entries());
			return (after != null) ? seal(true).flatMap((current) -> replace(key, before, after, current))
					: Mono.just(Optional.of(false));
		})
			// Another process was faster: its change counts as well
			.repeatWhenEmpty(ATTEMPTS, (rounds) -> rounds)
			.onErrorMap(IllegalStateException.class,
					(ex) -> new TokenStoreException(key.server(),
							"The %s of MCP server '%s' are changed by other processes all the time"
								.formatted(this.kind.name(), key),
							ex))
			.map((replaced) -> replaced.orElse(false));
	}

	/**
	 * Remove the entries of all kinds of a grant if all of them ended long ago. An entry
	 * that another process adds meanwhile stays.
	 * @param key the grant
	 * @return a mono with whether they were removed
	 */
	public Mono<Boolean> removeExpired(GrantKey key) {
		return read(key)
			.flatMap((content) -> (content.text() != null && content.entries().isEmpty() && content.others().isEmpty())
					? this.records.replace(key, content.text(), null, Duration.ZERO) : Mono.just(false));
	}

	private Mono<Optional<Boolean>> replace(GrantKey key, Content<T> before, List<T> entries, PendingSeal seal) {
		List<Stored> kept = new ArrayList<>(entries.stream()
			.limit(this.kind.most())
			.map((entry) -> new Stored(this.kind.expiresAt(entry), this.kind.write(entry)))
			.toList());
		while (kept.size() > 1 && size(kept) > this.kind.largest()) {
			kept.remove(kept.size() - 1);
		}
		Map<String, List<Stored>> all = new LinkedHashMap<>(before.others());
		if (!kept.isEmpty()) {
			all.put(this.kind.name(), kept);
		}
		Duration lifetime = all.values()
			.stream()
			.flatMap(List::stream)
			.map((entry) -> Duration.between(now(), entry.expiresAt()))
			.reduce(Duration.ZERO, (one, other) -> (one.compareTo(other) > 0) ? one : other)
			.plus(KEPT);
		return this.records.replace(key, before.text(), all.isEmpty() ? null : seal.seal(key, render(all)), lifetime)
			.filter((replaced) -> replaced)
			.map(Optional::of);
	}

	private int size(List<Stored> entries) {
		return render(Map.of(this.kind.name(), entries)).length;
	}

	private static byte[] render(Map<String, List<Stored>> all) {
		Map<String, Object> document = new LinkedHashMap<>();
		all.forEach((name, entries) -> document.put(name, entries.stream().map(Stored::document).toList()));
		return JsonMembers.render(document);
	}

	private Mono<Content<T>> read(GrantKey key) {
		return this.records.load(key)
			.flatMap((text) -> sealOf(text).map((current) -> content(key, text, current)))
			.defaultIfEmpty(new Content<>(null, List.of(), Map.of()));
	}

	private Mono<PendingSeal> sealOf(String text) {
		return seal(false).flatMap((known) -> known.matches(text) ? Mono.just(known) : seal(true));
	}

	/**
	 * The seal of all processes.
	 * @param again whether to read the key although one is known
	 */
	private Mono<PendingSeal> seal(boolean again) {
		PendingSeal known = this.seal;
		return (known != null && !again) ? Mono.just(known)
				: Mono.defer(() -> this.records.key(null, PendingSeal.newKey()))
					.map((key) -> new PendingSeal(Secret.of(key)))
					.doOnNext((current) -> this.seal = current);
	}

	private Content<T> content(GrantKey key, String text, PendingSeal seal) {
		byte[] content = seal.open(key, text);
		if (content == null) {
			logger.warn(
					"The stored logins and questions of MCP server '%s' do not open: they were changed, or sealed with another key. They are ignored"
						.formatted(UntrustedText.quote(key.toString())));
			return new Content<>(text, List.of(), Map.of());
		}
		Map<String, List<Stored>> all = Map.of();
		try {
			all = parse(content);
			List<Stored> ours = all.remove(this.kind.name());
			List<T> entries = new ArrayList<>();
			for (Stored entry : (ours != null) ? ours : List.<Stored>of()) {
				entries.add(this.kind.read(key, entry.expiresAt(), JsonMembers.of(entry.members())));
			}
			return new Content<>(text, entries, all);
		}
		catch (MalformedRecordException ex) {
			logger.warn("The stored %s of MCP server '%s' cannot be understood. They are ignored"
				.formatted(this.kind.name(), UntrustedText.quote(key.toString())));
			return new Content<>(text, List.of(), all);
		}
	}

	private Map<String, List<Stored>> parse(byte[] content) throws MalformedRecordException {
		Instant oldest = now().minus(KEPT);
		Map<String, List<Stored>> all = new LinkedHashMap<>();
		for (Map.Entry<String, Object> kind : JsonMembers.parse(content).rest().entrySet()) {
			List<Stored> entries = new ArrayList<>();
			if (kind.getValue() instanceof List<?> list) {
				for (Object element : list) {
					Stored entry = Stored.of(element);
					if (entry.expiresAt().isAfter(oldest)) {
						entries.add(entry);
					}
				}
			}
			if (!entries.isEmpty()) {
				all.put(kind.getKey(), entries);
			}
		}
		return all;
	}

	private Instant now() {
		return this.clock.instant();
	}

	/**
	 * The entries of a grant with the text that has to be replaced.
	 *
	 * @param text the stored text, {@code null} if absent
	 * @param entries the entries of this kind
	 * @param others the entries of other kinds, by the kind's name
	 */
	private record Content<T>(@Nullable String text, List<T> entries, Map<String, List<Stored>> others) {

	}

	/**
	 * An entry of any kind.
	 *
	 * @param expiresAt its end
	 * @param members its other members
	 */
	private record Stored(Instant expiresAt, Map<String, Object> members) {

		static Stored of(Object element) throws MalformedRecordException {
			if (!(element instanceof Map<?, ?> object)) {
				throw new MalformedRecordException("has an entry that is no JSON object");
			}
			Map<String, Object> document = new LinkedHashMap<>();
			object.forEach((name, value) -> document.put(String.valueOf(name), value));
			JsonMembers members = JsonMembers.of(document);
			Instant expiresAt = members.instant(END);
			if (expiresAt == null) {
				throw new MalformedRecordException("has an entry without an end");
			}
			return new Stored(expiresAt, members.rest());
		}

		Map<String, Object> document() {
			Map<String, Object> document = new LinkedHashMap<>(this.members);
			document.put(END, JsonMembers.seconds(this.expiresAt));
			return document;
		}

	}

}
