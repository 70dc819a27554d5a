// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.internal.store.memory.InMemoryLoginRecords;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.store.LoginRecords;
import io.github.mcpoauth.store.TokenStore;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The logins that wait for a user, as all processes know them. A grant has a few, which
 * are replaced together by compare-and-set, so that of several processes one advances a
 * login.
 */
final class PendingLoginRepository {

	/**
	 * A user that starts more loses the oldest ones.
	 */
	static final int MOST = 5;

	/**
	 * How long after its end a late answer is told why it is too late.
	 */
	private static final Duration KEPT = Duration.ofMinutes(10);

	/**
	 * The metadata of an authorization server may be as large as it likes.
	 */
	private static final int LARGEST = 256 * 1024;

	private static final int ATTEMPTS = 20;

	private static final Log logger = LogFactory.getLog(PendingLoginRepository.class);

	private final LoginRecords records;

	private final boolean outliving;

	private final Clock clock;

	// Any of two seals read at the same time may stay: a text names its key
	private volatile @Nullable LoginSeal seal;

	/**
	 * Create the logins of a store.
	 * @param store the store. The logins end with this process if the store keeps none
	 * @param threads the threads of the manager
	 * @param clock the clock
	 */
	PendingLoginRepository(TokenStore store, WorkThreads threads, Clock clock) {
		LoginRecords kept = store.logins();
		this.records = (kept != null) ? kept : new InMemoryLoginRecords(threads);
		this.outliving = !(this.records instanceof InMemoryLoginRecords);
		this.clock = clock;
	}

	/**
	 * Whether other processes can go on with a login when this one ends.
	 * @return {@code false} if the logins are in memory
	 */
	boolean outliveProcess() {
		return this.outliving;
	}

	/**
	 * The logins of a grant.
	 * @param key the grant
	 * @return a mono with the logins, the newest first
	 */
	Mono<List<PendingLogin>> of(GrantKey key) {
		return read(key).map(Content::logins);
	}

	/**
	 * A login.
	 * @param key the grant
	 * @param id the id of the login
	 * @return a mono with the login, empty if it is not known any more
	 */
	Mono<PendingLogin> find(GrantKey key, String id) {
		return of(key).flatMap(
				(logins) -> Mono.justOrEmpty(logins.stream().filter((login) -> login.id().equals(id)).findFirst()));
	}

	/**
	 * Add a login.
	 * @param key the grant
	 * @param login the login
	 * @return an empty mono
	 */
	Mono<Void> add(GrantKey key, PendingLogin login) {
		return change(key, (logins) -> {
			List<PendingLogin> all = new ArrayList<>(List.of(login));
			all.addAll(logins);
			return all;
		}).then();
	}

	/**
	 * Advance a login.
	 * @param key the grant
	 * @param id the id of the login
	 * @param change makes the next form of the login, {@code null} to leave it as it is
	 * @return a mono with whether it was advanced by this call
	 */
	Mono<Boolean> advance(GrantKey key, String id, Function<PendingLogin, @Nullable PendingLogin> change) {
		return change(key, (logins) -> {
			List<PendingLogin> all = new ArrayList<>();
			boolean changed = false;
			for (PendingLogin login : logins) {
				PendingLogin next = login.id().equals(id) ? change.apply(login) : null;
				all.add((next != null) ? next : login);
				changed |= next != null;
			}
			return changed ? all : null;
		});
	}

	/**
	 * End all logins of a grant.
	 * @param key the grant
	 * @return an empty mono
	 */
	Mono<Void> clear(GrantKey key) {
		return change(key, (logins) -> logins.isEmpty() ? null : List.of()).then();
	}

	/**
	 * Whether the store leaves it to its users to remove logins that ended long ago.
	 */
	boolean keepExpired() {
		return !this.records.removesExpired();
	}

	/**
	 * Remove the logins of a grant if all of them ended long ago. A login that another
	 * process adds meanwhile stays.
	 * @param key the grant
	 * @return a mono with whether they were removed
	 */
	Mono<Boolean> removeExpired(GrantKey key) {
		return read(key).flatMap((content) -> (content.text() != null && content.logins().isEmpty())
				? this.records.replace(key, content.text(), null, Duration.ZERO) : Mono.just(false));
	}

	private Mono<Boolean> change(GrantKey key, Function<List<PendingLogin>, @Nullable List<PendingLogin>> change) {
		return Mono.defer(() -> read(key)).flatMap((before) -> {
			List<PendingLogin> after = change.apply(before.logins());
			return (after != null) ? seal(true).flatMap((current) -> replace(key, before, after, current))
					: Mono.just(Optional.of(false));
		})
			// Another process was faster: its change counts as well
			.repeatWhenEmpty(ATTEMPTS, (rounds) -> rounds)
			.onErrorMap(IllegalStateException.class, (ex) -> new TokenStoreException(key.server(),
					"The logins of MCP server '%s' are changed by other processes all the time".formatted(key), ex))
			.map((replaced) -> replaced.orElse(false));
	}

	private Mono<Optional<Boolean>> replace(GrantKey key, Content before, List<PendingLogin> logins, LoginSeal seal) {
		List<PendingLogin> kept = new ArrayList<>(logins.subList(0, Math.min(logins.size(), MOST)));
		String text = seal.seal(key, PendingLogin.render(kept));
		while (text.length() > LARGEST && kept.size() > 1) {
			kept.remove(kept.size() - 1);
			text = seal.seal(key, PendingLogin.render(kept));
		}
		if (text.length() > LARGEST) {
			return Mono.error(new TokenStoreException(key.server(),
					"The login to MCP server '%s' cannot be kept: with the metadata of its authorization server it has more than %d characters"
						.formatted(key, LARGEST),
					null));
		}
		Duration lifetime = kept.stream()
			.map((login) -> Duration.between(now(), login.expiresAt()))
			.reduce(Duration.ZERO, (one, other) -> (one.compareTo(other) > 0) ? one : other)
			.plus(KEPT);
		return this.records.replace(key, before.text(), kept.isEmpty() ? null : text, lifetime)
			.filter((replaced) -> replaced)
			.map(Optional::of);
	}

	private Mono<Content> read(GrantKey key) {
		return this.records.load(key)
			.flatMap((text) -> sealOf(text).map((current) -> new Content(text, logins(key, text, current))))
			.defaultIfEmpty(new Content(null, List.of()));
	}

	private Mono<LoginSeal> sealOf(String text) {
		return seal(false).flatMap((known) -> known.matches(text) ? Mono.just(known) : seal(true));
	}

	/**
	 * The seal of all processes.
	 * @param again whether to read the key although one is known
	 */
	private Mono<LoginSeal> seal(boolean again) {
		LoginSeal known = this.seal;
		return (known != null && !again) ? Mono.just(known)
				: Mono.defer(() -> this.records.key(null, LoginSeal.newKey()))
					.map((key) -> new LoginSeal(Secret.of(key)))
					.doOnNext((current) -> this.seal = current);
	}

	private List<PendingLogin> logins(GrantKey key, String text, LoginSeal seal) {
		try {
			byte[] content = seal.open(key, text);
			if (content != null) {
				Instant oldest = now().minus(KEPT);
				return PendingLogin.parse(content)
					.stream()
					.filter((login) -> login.expiresAt().isAfter(oldest))
					.toList();
			}
			logger.warn(
					"The stored logins of MCP server '%s' do not open: they were changed, or sealed with another key. They are ignored"
						.formatted(UntrustedText.quote(key.toString())));
		}
		catch (MalformedRecordException ex) {
			logger.warn("The stored logins of MCP server '%s' cannot be understood. They are ignored"
				.formatted(UntrustedText.quote(key.toString())));
		}
		return List.of();
	}

	private Instant now() {
		return this.clock.instant();
	}

	/**
	 * The logins of a grant with the text that has to be replaced.
	 *
	 * @param text the stored text, {@code null} if absent
	 * @param logins its logins
	 */
	private record Content(@Nullable String text, List<PendingLogin> logins) {

	}

}
