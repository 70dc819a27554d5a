// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.internal.discovery.Discovery;
import io.github.mcpoauth.internal.discovery.ServerProbe;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.TokenEndpoint;
import io.github.mcpoauth.internal.work.Time;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.util.function.Tuple2;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what a process remembers of the grants of many principals, and for how long.
 */
class GrantProviderRegistryTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final Duration IDLE = Duration.ofMinutes(30);

	private final TestClock clock = TestClock.fixed();

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start(this.clock)
		.accessTokenLifetime(Duration.ofHours(1))
		.reuseDetection(true);

	private final MemoryTokenStore store = new MemoryTokenStore();

	private final McpServer server = McpServer.of("github", URI.create("http://127.0.0.1:9/mcp"));

	private final AtomicLong later = new AtomicLong();

	private final WorkThreads threads = WorkThreads.platform();

	private final GrantProviderRegistry providers = providers();

	@AfterEach
	void stop() {
		this.authorizationServer.close();
	}

	@Test
	void sweepWhenPrincipalsWereIdleForgetsThem() {
		GrantProvider own = use(this.server.key());
		GrantProvider alices = use(this.server.key("alice"));
		this.later.addAndGet(IDLE.toNanos() / 2);
		this.providers.sweep();
		assertThat(provider("alice")).isSameAs(alices);
		this.later.addAndGet(IDLE.toNanos());
		this.providers.sweep();
		assertThat(this.providers.principals("github").known()).isZero();
		assertThat(provider("alice")).isNotSameAs(alices);
		assertThat(this.providers.provider(this.server, this.server.key())).as("the application's own").isSameAs(own);
	}

	@Test
	void sweepWhenThereAreTooManyForgetsTheIdlest() {
		List<GrantProvider> used = IntStream.range(0, 25)
			.mapToObj((index) -> use(this.server.key("p" + index)))
			.toList();
		this.providers.sweep();
		assertThat(this.providers.principals("github").known()).isLessThanOrEqualTo(20);
		assertThat(provider("p0")).isNotSameAs(used.get(0));
		assertThat(provider("p24")).isSameAs(used.get(24));
	}

	@Test
	@DisplayName("10 000 users do not leak: the number of providers stays bounded")
	void providerWhenThousandsComeStaysBounded() {
		for (int user = 0; user < 10_000; user++) {
			provider("user-" + user);
			if (user % 500 == 0) {
				this.later.addAndGet(Duration.ofSeconds(2).toNanos());
				this.providers.sweep();
			}
		}
		this.providers.sweep();
		assertThat(this.providers.principals("github").known()).isLessThanOrEqualTo(20);
	}

	@Test
	@DisplayName("Nothing of a live attempt is lost: a grant that is being renewed is not evicted")
	void sweepWhenAFlightIsUnderWayKeepsItsProvider() {
		GrantKey key = this.server.key("alice");
		GrantProvider provider = use(key);
		Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		Mono<Void> refresh = provider.refresh(null).cache();
		refresh.subscribe();
		hold.await(1);
		this.later.addAndGet(2 * IDLE.toNanos());
		this.providers.sweep();
		assertThat(provider("alice")).isSameAs(provider);
		hold.release();
		refresh.block(PATIENCE);
		provider.ended().block(PATIENCE);
		// The end of the refresh was a use, by the same counter
		this.later.addAndGet(2 * IDLE.toNanos());
		this.providers.sweep();
		assertThat(provider("alice")).isNotSameAs(provider);
	}

	@Test
	@DisplayName("Nothing of a live attempt is lost: a grant that could not be stored is not evicted")
	void sweepWhenTheNewestTokenIsInMemoryOnlyKeepsItsProvider() {
		GrantKey key = this.server.key("alice");
		GrantProvider provider = use(key);
		this.store.failSaves(key, new TokenStoreException("github", "The disk is full", null));
		provider.refresh(null).block(PATIENCE);
		AccessToken token = provider.token().block(PATIENCE);
		this.later.addAndGet(2 * IDLE.toNanos());
		this.providers.sweep();
		assertThat(provider("alice")).isSameAs(provider);
		assertThat(provider("alice").token().block(PATIENCE)).isEqualTo(token);
	}

	@Test
	@DisplayName("Nothing of a live attempt is lost: a forgotten provider that starts one comes back")
	void refreshWhenTheProviderWasForgottenMeanwhileIsFound() {
		GrantKey key = this.server.key("alice");
		GrantProvider forgotten = use(key);
		this.later.addAndGet(2 * IDLE.toNanos());
		this.providers.sweep();
		this.store.failSaves(key, new TokenStoreException("github", "The disk is full", null));
		forgotten.refresh(null).block(PATIENCE);
		assertThat(provider("alice")).isSameAs(forgotten);
	}

	@Test
	void recoverWhenAnotherTookTheForgottenOnesPlaceSharesItsFlight() {
		GrantKey key = this.server.key("alice");
		GrantProvider forgotten = use(key);
		AccessToken token = Objects.requireNonNull(forgotten.token().block(PATIENCE));
		this.later.addAndGet(2 * IDLE.toNanos());
		this.providers.sweep();
		GrantProvider present = use(key);
		assertThat(present).isNotSameAs(forgotten);
		Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		Rejection rejection = Rejection.of(token, List.of("Bearer error=\"invalid_token\""));
		CompletableFuture<Tuple2<Recovery, Recovery>> both = Mono
			.zip(forgotten.recover(rejection), present.recover(rejection))
			.toFuture();
		hold.await(1).release();
		assertThat(both.join().getT1().token()).isNotNull().isEqualTo(both.join().getT2().token());
		assertThat(this.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	void evictWhenAServerIsTakenAwayForgetsEverybodys() {
		GrantProvider alices = use(this.server.key("alice"));
		use(this.server.key());
		this.providers.evict("github");
		assertThat(this.providers.principals("github").known()).isZero();
		alices.refresh(null).block(PATIENCE);
		assertThat(this.providers.principals("github").known()).as("it does not come back").isZero();
	}

	private GrantProvider provider(String principal) {
		return this.providers.provider(this.server, this.server.key(principal));
	}

	private GrantProvider use(GrantKey key) {
		if (this.store.get(key) == null) {
			this.store.saveClient(key, this.authorizationServer.registered("client-1")).block(PATIENCE);
			this.store.put(key, this.authorizationServer.issue("client-1", this.server.url().toString(), "read"));
		}
		GrantProvider provider = this.providers.provider(this.server, key);
		assertThat(provider.token().block(PATIENCE)).isNotNull();
		return provider;
	}

	private GrantProviderRegistry providers() {
		AuthorizationWebClients clients = (server) -> WebClient.create();
		ProtocolSettings protocol = ProtocolSettings.defaults();
		Discovery discovery = new Discovery(clients, protocol, this.clock, this.store, McpOAuthListener.none());
		RefreshContext context = new RefreshContext(this.store, RefreshSettings.defaults(),
				PrincipalResolver.application(), McpOAuthListener.none(), this.threads,
				new Time(this.clock, () -> System.nanoTime() + this.later.get()));
		RenewalEndpoints endpoints = new RenewalEndpoints(new TokenEndpoint(clients, protocol, this.clock), discovery,
				new ServerProbe(clients, PATIENCE));
		return new GrantProviderRegistry(context,
				new GrantRenewalFactory(endpoints, new CredentialSuppliers(null, null), context),
				new PrincipalCacheSettings(20, IDLE));
	}

}
