// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.principal;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import io.modelcontextprotocol.common.McpTransportContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextImpl;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CallerContext}.
 */
class CallerContextTests {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	@AfterEach
	void forget() {
		SecurityContextHolder.clearContext();
		SecurityContextHolder.setStrategyName(SecurityContextHolder.MODE_THREADLOCAL);
	}

	@Test
	void addToWhenThreadHasAUserAddsThatUser() {
		onThread(user("alice"));
		assertThat(found(Context.empty())).isEqualTo("alice");
	}

	@Test
	void addToWhenThreadHasNoUserAddsNothing() {
		Context context = Context.of("other", 1);
		assertThat(CallerContext.addTo(context)).isSameAs(context);
	}

	@Test
	void addToWhenUserOfThreadIsAnonymousOrNotAuthenticatedAddsNothing() {
		onThread(new AnonymousAuthenticationToken("key", "anonymousUser",
				AuthorityUtils.createAuthorityList("ROLE_ANONYMOUS")));
		assertThat(found(Context.empty())).isNull();
		onThread(new TestingAuthenticationToken("mallory", "secret"));
		assertThat(found(Context.empty())).isNull();
	}

	@Test
	void addToWhenReactorContextHasASecurityContextKeepsIt() {
		onThread(user("alice"));
		assertThat(found(ReactiveSecurityContextHolder.withAuthentication(user("bob")))).isEqualTo("bob");
		// Of a request without a login in a WebFlux application
		assertThat(found(ReactiveSecurityContextHolder.withSecurityContext(Mono.empty()))).isNull();
	}

	@Test
	void addToWhenContextWasPropagatedPrefersItToTheThread() {
		onThread(user("alice"));
		assertThat(found(Context.of(SecurityContext.class.getName(), new SecurityContextImpl(user("bob")))))
			.isEqualTo("bob");
	}

	@Test
	void addToWhenTransportContextCarriesAUserPrefersItToTheThread() {
		onThread(user("alice"));
		for (Map<String, Object> members : List.<Map<String, Object>>of(
				Map.of(Authentication.class.getName(), user("bob")),
				Map.of(SecurityContext.class.getName(), new SecurityContextImpl(user("bob"))))) {
			assertThat(found(Context.of(McpTransportContext.KEY, McpTransportContext.create(members))))
				.isEqualTo("bob");
		}
		assertThat(found(Context.of(McpTransportContext.KEY, McpTransportContext.create(Map.of("user", "bob")))))
			.isEqualTo("alice");
	}

	@Test
	void addToWhenUserLogsOutAfterwardsStillNamesTheUserOfTheSubscription() {
		onThread(user("alice"));
		Context captured = CallerContext.addTo(Context.empty());
		SecurityContextHolder.getContext().setAuthentication(null);
		assertThat(name(captured)).isEqualTo("alice");
	}

	@Test
	void addToWhenThreadIsAnEventLoopReadsNothingFromIt() {
		Scheduler loop = Schedulers.newSingle("loop");
		try {
			assertThat(on(loop)).isEqualTo("none");
		}
		finally {
			loop.dispose();
		}
		assertThat(CallerContext.describe(Thread.currentThread()))
			.contains("'" + Thread.currentThread().getName() + "'")
			.contains("DelegatingSecurityContextAsyncTaskExecutor");
	}

	private static @Nullable String on(Scheduler scheduler) {
		return Mono.fromCallable(() -> {
			onThread(user("alice"));
			assertThat(CallerContext.describe(Thread.currentThread())).contains("spring.reactor.context-propagation");
			return String.valueOf(found(Context.empty())).replace("null", "none");
		}).subscribeOn(scheduler).block(PATIENCE);
	}

	@Test
	void captureWhenThreadHasAUserNamesThatUserOnAnyThread() {
		onThread(user("alice"));
		Context captured = CallerContext.capture();
		onThread(user("bob"));
		assertThat(found(captured)).isEqualTo("alice");
	}

	@Test
	void captureWhenThreadHasNoUserKeepsOtherThreadsFromBeingRead() {
		Context captured = CallerContext.capture();
		onThread(user("bob"));
		assertThat(found(captured)).isNull();
	}

	@Test
	void captureWhenContextPropagationHasPutAUserOnTheThreadNamesThatUser() {
		Hooks.enableAutomaticContextPropagation();
		try {
			Context captured = Mono.fromCallable(CallerContext::capture)
				.subscribeOn(Schedulers.boundedElastic())
				.contextWrite(ReactiveSecurityContextHolder.withAuthentication(user("alice")))
				.block(PATIENCE);
			assertThat(found(Objects.requireNonNull(captured))).isEqualTo("alice");
		}
		finally {
			Hooks.disableAutomaticContextPropagation();
		}
	}

	@Test
	void carriedByWhenOnlyTheThreadHasAUserIsEmpty() {
		onThread(user("alice"));
		assertThat(CallerContext.carriedBy(Context.empty())).isEqualTo(Context.empty());
		assertThat(name(CallerContext
			.carriedBy(Context.of(SecurityContext.class.getName(), new SecurityContextImpl(user("bob"))))))
			.isEqualTo("bob");
	}

	@ParameterizedTest
	@ValueSource(strings = { SecurityContextHolder.MODE_INHERITABLETHREADLOCAL, SecurityContextHolder.MODE_GLOBAL })
	void addToWhenThreadsShareASecurityContextReadsNothingFromThem(String strategy) throws Exception {
		SecurityContextHolder.setStrategyName(strategy);
		onThread(user("alice"));
		Callable<Boolean> inherits = () -> SecurityContextHolder.getContext().getAuthentication() != null;
		Callable<Boolean> found = () -> found(Context.empty()) != null;
		ExecutorService pool = Executors.newSingleThreadExecutor();
		try {
			assertThat(pool.submit(inherits).get(20, TimeUnit.SECONDS)).isTrue();
			assertThat(pool.submit(found).get(20, TimeUnit.SECONDS)).isFalse();
		}
		finally {
			pool.shutdownNow();
		}
		assertThat(CallerContext.describe(Thread.currentThread())).contains("default strategy");
	}

	private static void onThread(Authentication authentication) {
		SecurityContextHolder.setContext(new SecurityContextImpl(authentication));
	}

	private static Authentication user(String name) {
		return new TestingAuthenticationToken(name, "secret", "ROLE_USER");
	}

	private static @Nullable String found(Context context) {
		return name(CallerContext.addTo(context));
	}

	private static @Nullable String name(Context context) {
		return ReactiveSecurityContextHolder.getContext()
			.map((security) -> Objects.requireNonNull(security.getAuthentication()).getName())
			.contextWrite(context)
			.toFuture()
			.getNow(null);
	}

}
