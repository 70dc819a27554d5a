// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.login.PendingLogin.Stage;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A login that is recorded in the {@link PendingLoginRepository}. The record decides
 * which process exchanges the answer of the user.
 */
final class RecordedLogin implements SharedLogin {

	/**
	 * How soon a process hears that another one ended the login.
	 */
	private static final Duration PAUSE = Duration.ofSeconds(2);

	/**
	 * The store has a deadline for each of the few steps.
	 */
	private static final Duration LONGEST_WRITE = Duration.ofSeconds(30);

	/**
	 * The process that took the answer ends its login earlier, or has died.
	 */
	private static final Duration LONGEST_RESULT = Duration.ofMinutes(2);

	/**
	 * The answer to a poll takes no longer, or the process that polled has died.
	 */
	private static final Duration LONGEST_POLL = Duration.ofSeconds(30);

	private static final Log logger = LogFactory.getLog(RecordedLogin.class);

	private final PendingLoginRepository logins;

	private final LoginRun.Subject subject;

	private final String id;

	private final LoginEndpoints endpoints;

	private final Mono<Grant> stored;

	private final String poller = UUID.randomUUID().toString();

	/**
	 * Ends when a look has shown that another process ended the login.
	 */
	private final Sinks.Empty<Void> over = Sinks.empty();

	// Written before the end is announced, by the thread that announces it or an earlier
	// one
	private volatile boolean elsewhere;

	/**
	 * Create the shared part of a login.
	 * @param logins its record
	 * @param subject the grant it is for
	 * @param id its id
	 * @param endpoints know the threads and the clock
	 * @param stored reads the stored grant
	 */
	RecordedLogin(PendingLoginRepository logins, LoginRun.Subject subject, String id, LoginEndpoints endpoints,
			Mono<Grant> stored) {
		this.logins = logins;
		this.subject = subject;
		this.id = id;
		this.endpoints = endpoints;
		this.stored = stored;
	}

	@Override
	public Mono<Void> claim() {
		return this.logins
			.advance(key(), this.id, (login) -> (login.progress().state() == Stage.WAITING) ? login.answered() : null)
			.flatMap((claimed) -> claimed ? Mono.empty() : Mono.error(new EndedElsewhereException()));
	}

	@Override
	public Mono<Duration> turn(Duration interval) {
		AtomicReference<Duration> agreed = new AtomicReference<>(interval);
		return this.logins.advance(key(), this.id, (login) -> {
			if (login.progress().state() != Stage.WAITING) {
				throw new EndedElsewhereException();
			}
			Polls polls = Polls.of(login);
			if (!polls.mayPoll(this.poller, now())) {
				return null;
			}
			Duration longest = (polls.interval().compareTo(interval) > 0) ? polls.interval() : interval;
			agreed.set(longest);
			return polls.next(this.poller, longest, now().plus(longest).plus(LONGEST_POLL)).in(login);
		}).filter((taken) -> taken).map((taken) -> agreed.get());
	}

	@Override
	public Mono<Void> polled(Duration interval, Duration pause) {
		return this.logins
			.advance(key(), this.id,
					(login) -> (login.progress().state() == Stage.WAITING)
							? Polls.of(login).next(this.poller, interval, now().plus(pause)).in(login) : null)
			.onErrorComplete()
			.then();
	}

	@Override
	public Mono<Boolean> look() {
		return this.logins.find(key(), this.id)
			.map((login) -> login.progress().state() == Stage.WAITING)
			.defaultIfEmpty(false)
			.doOnNext((waiting) -> {
				if (!waiting) {
					this.over.tryEmitEmpty();
				}
			});
	}

	@Override
	public Mono<Grant> watched(Mono<Grant> here, BooleanSupplier takeOver) {
		Mono<Grant> elsewhere = Mono.firstWithSignal(this.over.asMono(), watch())
			.then(Mono.defer(() -> takeOver.getAsBoolean() ? Mono.error(new EndedElsewhereException()) : Mono.never()));
		return Mono.firstWithSignal(here, elsewhere).onErrorResume(EndedElsewhereException.class, (ex) -> {
			this.elsewhere = true;
			return result();
		});
	}

	/**
	 * A store that is away says nothing about the login.
	 */
	private Mono<Void> watch() {
		return Mono.delay(PAUSE, this.endpoints.threads().timer())
			.then(Mono.defer(this::look).onErrorReturn(true))
			.filter((waiting) -> !waiting)
			.repeatWhenEmpty((rounds) -> rounds)
			.then();
	}

	/**
	 * The end of the login in the other process.
	 */
	private Mono<Grant> result() {
		Mono<Grant> result = Mono.defer(() -> this.logins.find(key(), this.id).singleOptional())
			// The other process exchanges the answer, or has died with it
			.filter((login) -> login.isEmpty() || login.get().progress().state() != Stage.ANSWERED)
			.repeatWhenEmpty((rounds) -> rounds.delayElements(PAUSE, this.endpoints.threads().timer()))
			.flatMap((login) -> result(login.orElse(null)));
		return this.endpoints.threads()
			.within(result, LONGEST_RESULT)
			.onErrorMap(TimeoutException.class, (ex) -> LoginFailures.failure(this.subject.server(), Reason.UNAVAILABLE,
					"another process received the answer and did not end the login. Start another one"));
	}

	private Mono<Grant> result(@Nullable PendingLogin login) {
		McpServer server = this.subject.server();
		if (login == null) {
			return Mono.error(LoginFailures.failure(server, Reason.CANCELLED,
					"another process ended it, or newer logins replaced it"));
		}
		LoginException failure = login.failure(server.name());
		return (failure != null) ? Mono.error(failure) : this.stored;
	}

	@Override
	public Mono<Void> ended(@Nullable McpOAuthException failure) {
		if (this.elsewhere) {
			return Mono.empty();
		}
		Mono<Boolean> told = this.logins.advance(key(), this.id,
				(login) -> isOver(login) ? null : login.ended(failure));
		return this.endpoints.threads().within(told, LONGEST_WRITE).onErrorResume((ex) -> {
			logger.debug("Other processes do not hear of the end of login " + this.id, ex);
			return Mono.empty();
		}).then();
	}

	private static boolean isOver(PendingLogin login) {
		return login.progress().state() != Stage.WAITING && login.progress().state() != Stage.ANSWERED;
	}

	@Override
	public void leave() {
		this.elsewhere = this.logins.outliveProcess();
	}

	@Override
	public boolean isEndedElsewhere() {
		return this.elsewhere;
	}

	private Instant now() {
		return this.endpoints.clock().instant();
	}

	private GrantKey key() {
		return this.subject.key();
	}

	/**
	 * The polls of a login with a device code, as they are recorded.
	 *
	 * @param poller the process that polled last, {@code null} before the first poll
	 * @param interval the least time between two polls
	 * @param nextAt when another process may poll. A process that died in its turn does
	 * not keep the others from polling for long
	 */
	private record Polls(@Nullable Object poller, Duration interval, Instant nextAt) {

		private static final String POLLER = "poller";

		private static final String INTERVAL = "interval";

		private static final String NEXT_AT = "next_poll_at";

		static Polls of(PendingLogin login) {
			return new Polls(login.secrets().get(POLLER), Duration.ofMillis(number(login, INTERVAL)),
					Instant.ofEpochMilli(number(login, NEXT_AT)));
		}

		private static long number(PendingLogin login, String name) {
			return (login.secrets().get(name) instanceof Number number) ? number.longValue() : 0;
		}

		boolean mayPoll(String process, Instant now) {
			return this.poller == null || this.poller.equals(process) || !now.isBefore(this.nextAt);
		}

		Polls next(String process, Duration longest, Instant at) {
			return new Polls(process, longest, at);
		}

		PendingLogin in(PendingLogin login) {
			Map<String, Object> secrets = new LinkedHashMap<>(login.secrets());
			secrets.put(POLLER, String.valueOf(this.poller));
			secrets.put(INTERVAL, this.interval.toMillis());
			secrets.put(NEXT_AT, this.nextAt.toEpochMilli());
			return login.with(secrets);
		}

	}

}
