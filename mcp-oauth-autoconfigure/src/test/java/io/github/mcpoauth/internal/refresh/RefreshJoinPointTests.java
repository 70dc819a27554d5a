// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Recovery.Outcome;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.store.DelegatingTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.store.SpendingNote;
import io.github.mcpoauth.store.SpendingResult;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The work of a provider that callers join: the refresh attempt with its calls of the
 * store, the read of the record, the read under the lock, and the storing of a grant that
 * is not stored. Each ends in every way, and the next call works.
 */
class RefreshJoinPointTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final Duration LIFETIME = Duration.ofHours(1);

	/**
	 * Longer than each deadline.
	 */
	private static final Duration LATE = Duration.ofMinutes(10);

	private static final Duration STEP = Duration.ofSeconds(10);

	private static final String RESOURCE = "http://127.0.0.1:9/mcp";

	private final TestClock clock = TestClock.fixed();

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start(this.clock)
		.accessTokenLifetime(LIFETIME);

	private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();

	private final WorkThreads platform = WorkThreads.platform();

	private final WorkThreads threads = WorkThreads.of(this.platform.blocking(), this.platform.leases(), this.timer,
			this.clock.time().nanoTime());

	private final MemoryTokenStore records = new MemoryTokenStore();

	private final FaultyStore store = new FaultyStore(this.records);

	private final McpServer server = new McpServer("github", URI.create(RESOURCE), OAuthSettings.builder().build());

	private final GrantProvider provider = provider();

	@AfterEach
	void stop() {
		this.authorizationServer.close();
		this.platform.close();
	}

	@ParameterizedTest(name = "{0}, {1}")
	@MethodSource("ends")
	@DisplayName("Law 16, X6, X7: shared work of a refresh ends in every way, and the next call works")
	void workWhenItEndsInAnyWayTheNextCallWorks(JoinPoint point, End end) throws Exception {
		point.prepare.accept(this);
		this.store.next(point.operation, end);
		CompletableFuture<String> first = new CompletableFuture<>();
		Disposable caller = point.call.apply(this)
			.subscribe(first::complete, (ex) -> first.complete(ex.getClass().getSimpleName()),
					() -> first.complete("empty"));
		assertThat(this.store.asked.await(30, TimeUnit.SECONDS)).isTrue();
		if (end == End.CANCELLED) {
			caller.dispose();
			this.store.gate.tryEmitEmpty();
		}
		else {
			if (end.needsDeadline) {
				pass(LATE, first);
			}
			assertThat(first.get(30, TimeUnit.SECONDS)).isNotBlank();
			this.store.gate.tryEmitEmpty();
		}
		this.provider.ended().block(PATIENCE);
		this.clock.advance(Duration.ofMinutes(5));
		// A deadline frees its slot on a thread of its own
		Mono.defer(() -> point.call.apply(this).onErrorReturn(TransientAuthorizationException.class, "not yet"))
			.filter(point.works::equals)
			.repeatWhenEmpty((repeats) -> repeats.delayElements(Duration.ofMillis(10)))
			.block(PATIENCE);
		this.timer.advanceTimeBy(LATE);
		storing().filter("stored"::equals)
			.repeatWhenEmpty((repeats) -> repeats.delayElements(Duration.ofMillis(10)))
			.block(PATIENCE);
		assertThat(this.authorizationServer.isRefreshable(Objects.requireNonNull(stored().refreshToken()).reveal()))
			.isTrue();
	}

	@Test
	@DisplayName("Law 16: a store that never answers does not keep callers from a token that is good")
	void tokenWhenTheStoreHangsUsesTheTokenInMemory() throws Exception {
		inUse();
		this.records.put(this.server.key(), stored().mutate().generation(stored().generation() + 1).build());
		this.store.next("load", End.NEVER);
		CompletableFuture<String> token = token().toFuture();
		assertThat(this.store.asked.await(30, TimeUnit.SECONDS)).isTrue();
		pass(LATE, token);
		assertThat(token.get(30, TimeUnit.SECONDS)).isEqualTo("a token");
	}

	@ParameterizedTest(name = "{0} {1}")
	@MethodSource("callsBeforeTheExchange")
	@DisplayName("Law 16: a call of the store before the exchange that brings no answer is a failure of the store")
	void refreshWhenAStoreCallBringsNoAnswerNamesTheStore(String operation, End end) throws Exception {
		expired();
		this.store.next(operation, end);
		CompletableFuture<String> refresh = new CompletableFuture<>();
		this.provider.refresh(null)
			.subscribe((unused) -> refresh.complete("a value"),
					(ex) -> refresh.complete(String.valueOf(ex.getMessage())), () -> refresh.complete("refreshed"));
		assertThat(this.store.asked.await(30, TimeUnit.SECONDS)).isTrue();
		pass(LATE, refresh);
		assertThat(refresh.get(30, TimeUnit.SECONDS)).startsWith("The token store ").contains("the record of 'github'");
		assertThat(this.authorizationServer.refreshes()).isZero();
	}

	static Stream<Arguments> callsBeforeTheExchange() {
		return Stream.concat(
				Stream.of(End.THROWN_WHILE_ASSEMBLED, End.ERROR_OF_THE_JVM, End.NEVER)
					.map((end) -> Arguments.of("loadClient", end)),
				Stream.of(End.EMPTY, End.THROWN_WHILE_ASSEMBLED, End.ERROR_OF_THE_JVM, End.NEVER)
					.map((end) -> Arguments.of("noteSpending", end)));
	}

	@Test
	@DisplayName("Law 16: a note that cannot be withdrawn keeps no answer from its callers")
	void refreshWhenTheNoteIsNeverWithdrawnEndsWithItsOwnResult() throws Exception {
		expired();
		this.authorizationServer.http().next(TestAuthorizationServer.TOKEN, Answer.status(503));
		this.store.next("withdrawSpending", End.NEVER);
		CompletableFuture<String> refresh = new CompletableFuture<>();
		this.provider.refresh(null)
			.subscribe((unused) -> refresh.complete("a value"),
					(ex) -> refresh.complete(String.valueOf(ex.getMessage())), () -> refresh.complete("refreshed"));
		assertThat(this.store.asked.await(30, TimeUnit.SECONDS)).isTrue();
		pass(LATE, refresh);
		assertThat(refresh.get(30, TimeUnit.SECONDS)).contains("503");
	}

	/**
	 * Let time pass in steps. A deadline hands its result to another thread, which must
	 * have taken it before a longer deadline passes.
	 */
	private void pass(Duration span, CompletableFuture<String> first) throws Exception {
		for (Duration passed = Duration.ZERO; passed.compareTo(span) < 0
				&& !first.isDone(); passed = passed.plus(STEP)) {
			this.timer.advanceTimeBy(STEP);
			try {
				first.get(200, TimeUnit.MILLISECONDS);
			}
			catch (TimeoutException ex) {
				// Another deadline is the one to wait for
			}
		}
		this.timer.advanceTimeBy(span);
	}

	static Stream<Arguments> ends() {
		return Arrays.stream(JoinPoint.values())
			.flatMap((point) -> Arrays.stream(End.values()).map((end) -> Arguments.of(point, end)));
	}

	private Mono<String> token() {
		return this.provider.token().map((token) -> "a token");
	}

	private Mono<String> recovery() {
		AccessToken sent = stored().toAccessToken();
		return this.provider.recover(new Rejection(sent, List.of(), true)).map((recovery) -> recovery.outcome().name());
	}

	private Mono<String> storing() {
		return this.provider.shutdown()
			.then(Mono.fromSupplier(() -> this.provider.isDispensable() ? "stored" : "not stored"));
	}

	private void loggedIn() {
		this.records.saveClient(this.server.key(), this.authorizationServer.registered("client-1")).block(PATIENCE);
		this.records.put(this.server.key(), this.authorizationServer.issue("client-1", RESOURCE, "read"));
	}

	private void inUse() {
		loggedIn();
		token().block(PATIENCE);
	}

	private void expired() {
		inUse();
		this.clock.advance(LIFETIME);
	}

	private void notStored() {
		expired();
		this.records.failSaves(this.server.key(), new TokenStoreException("github", "a test", null));
		token().block(PATIENCE);
		this.provider.ended().block(PATIENCE);
		this.records.failSaves(this.server.key(), null);
		assertThat(this.provider.isDispensable()).isFalse();
	}

	private Grant stored() {
		return Objects.requireNonNull(this.records.get(this.server.key()));
	}

	private GrantProvider provider() {
		ProtocolSettings protocol = ProtocolSettings.defaults();
		AuthorizationWebClients clients = (unused) -> WebClient.create();
		RefreshSettings defaults = RefreshSettings.defaults();
		RefreshSettings settings = new RefreshSettings(defaults.window(), Duration.ZERO, defaults.recoveryTimeout(),
				defaults.lockTimeout(), defaults.storeTimeout(), defaults.pauses());
		RefreshContext context = new RefreshContext(this.store, settings, PrincipalResolver.application(),
				McpOAuthListener.none(), this.threads, this.clock.time());
		RenewalEndpoints endpoints = new RenewalEndpoints(new TokenEndpoint(clients, protocol, this.clock),
				new Discovery(clients, protocol, this.clock, this.store, McpOAuthListener.none()),
				new ServerProbe(clients, PATIENCE));
		GrantProviderRegistry registry = new GrantProviderRegistry(context,
				new GrantRenewalFactory(endpoints, new CredentialSuppliers(null, null), context),
				PrincipalCacheSettings.defaults());
		return registry.provider(this.server, this.server.key());
	}

	/**
	 * The places where a caller may find work under way, and the call of the store that
	 * they wait for.
	 */
	@SuppressWarnings("ImmutableEnumChecker") // functions without state
	enum JoinPoint {

		ATTEMPT("locked", RefreshJoinPointTests::expired, RefreshJoinPointTests::token, "a token"),

		READ_OF_THE_ATTEMPT("load", RefreshJoinPointTests::expired, RefreshJoinPointTests::token, "a token"),

		WRITE_OF_THE_ATTEMPT("save", RefreshJoinPointTests::expired, RefreshJoinPointTests::token, "a token"),

		READ("load", RefreshJoinPointTests::loggedIn, RefreshJoinPointTests::token, "a token"),

		SETTLED_READ("locked", RefreshJoinPointTests::inUse, RefreshJoinPointTests::recovery,
				Outcome.REAUTHORIZE.name()),

		STORE_RETRY("locked", RefreshJoinPointTests::notStored, RefreshJoinPointTests::storing, "stored"),

		READ_OF_THE_STORE_RETRY("load", RefreshJoinPointTests::notStored, RefreshJoinPointTests::storing, "stored"),

		WRITE_OF_THE_STORE_RETRY("save", RefreshJoinPointTests::notStored, RefreshJoinPointTests::storing, "stored");

		private final String operation;

		private final Consumer<RefreshJoinPointTests> prepare;

		private final Function<RefreshJoinPointTests, Mono<String>> call;

		private final String works;

		JoinPoint(String operation, Consumer<RefreshJoinPointTests> prepare,
				Function<RefreshJoinPointTests, Mono<String>> call, String works) {
			this.operation = operation;
			this.prepare = prepare;
			this.call = call;
			this.works = works;
		}

	}

	/**
	 * The ways in which a call of the store ends.
	 */
	enum End {

		VALUE(false), ERROR(false), EMPTY(false), THROWN_WHILE_ASSEMBLED(false), ERROR_OF_THE_JVM(true), NEVER(true),
		AFTER_THE_DEADLINE(true), CANCELLED(false);

		private final boolean needsDeadline;

		End(boolean needsDeadline) {
			this.needsDeadline = needsDeadline;
		}

	}

	/**
	 * A store, one call of which ends in another way.
	 */
	private static final class FaultyStore extends DelegatingTokenStore {

		private final CountDownLatch asked = new CountDownLatch(1);

		private final Sinks.Empty<Void> gate = Sinks.empty();

		private final AtomicReference<@Nullable String> operation = new AtomicReference<>();

		private volatile End end = End.VALUE;

		FaultyStore(MemoryTokenStore records) {
			super(records);
		}

		void next(String operation, End end) {
			this.end = end;
			this.operation.set(operation);
		}

		@Override
		public Mono<StoredGrant> load(GrantKey key) {
			return ended("load", super.load(key));
		}

		@Override
		public Mono<StoredGrant> save(GrantKey key, Grant grant, @Nullable Grant replaces,
				@Nullable Map<String, Object> metadata) {
			return ended("save", super.save(key, grant, replaces, metadata));
		}

		@Override
		public Mono<OAuthClient> loadClient(GrantKey key) {
			return ended("loadClient", super.loadClient(key));
		}

		@Override
		public Mono<SpendingResult> noteSpending(GrantKey key, Grant grant, SpendingNote note, Duration young) {
			return ended("noteSpending", super.noteSpending(key, grant, note, young));
		}

		@Override
		public Mono<Void> withdrawSpending(GrantKey key, String owner) {
			return ended("withdrawSpending", super.withdrawSpending(key, owner));
		}

		@Override
		public <T> Mono<T> locked(GrantKey key, Duration wait, Mono<T> work) {
			return ended("locked", super.locked(key, wait, work));
		}

		private <T> Mono<T> ended(String called, Mono<T> normal) {
			if (!this.operation.compareAndSet(called, null)) {
				return normal;
			}
			Mono<T> answer = switch (this.end) {
				case VALUE -> normal;
				case ERROR -> Mono.error(new TokenStoreException("github", "a test", null));
				case EMPTY -> Mono.empty();
				case THROWN_WHILE_ASSEMBLED -> {
					this.asked.countDown();
					throw new IllegalStateException("a test");
				}
				case ERROR_OF_THE_JVM -> {
					this.asked.countDown();
					throw new NoClassDefFoundError("a test");
				}
				case NEVER -> Mono.never();
				case AFTER_THE_DEADLINE, CANCELLED -> this.gate.asMono().then(normal);
			};
			return answer.doOnSubscribe((unused) -> this.asked.countDown());
		}

	}

}
