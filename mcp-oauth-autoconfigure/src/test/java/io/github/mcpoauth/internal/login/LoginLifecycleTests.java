// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.event.McpOAuthWork;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.store.LessonBook;
import io.github.mcpoauth.store.GrantLessons;
import io.github.mcpoauth.store.GrantLessons.Refusals;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for the begin and the end of logins: they end whatever listeners and browsers do,
 * and what one process learns reaches the logins of all.
 */
class LoginLifecycleTests extends LoginTestBase {

	@ParameterizedTest
	@EnumSource
	@DisplayName("Law 16, law 17: a listener that throws does not leave the slot of a login taken")
	void loginWhenTheListenerThrowsEndsAndTheNextWorks(Misbehaviour misbehaviour) {
		AtomicBoolean armed = new AtomicBoolean(true);
		this.service.close();
		this.service = service(new ThrowingListener(misbehaviour, armed), this.opened::add);
		logIn(server());
		armed.set(false);
		logIn(server());
	}

	@Test
	@DisplayName("Law 17: a browser launcher that throws leaves the login waiting for its answer")
	void loginWhenTheBrowserThrowsIsAnsweredByHand() throws InterruptedException {
		CountDownLatch asked = new CountDownLatch(1);
		this.service.close();
		this.service = service(McpOAuthListener.none(), (url) -> {
			asked.countDown();
			throw new IllegalStateException("no display");
		});
		LoginRun login = begin(server(), LoginRequest.interactive());
		assertThat(asked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		consent(login);
		assertThat(end(login)).isEqualTo(grant());
	}

	@Test
	@DisplayName("Law 16: an exception while a login is assembled ends it, and the next works")
	void loginWhenAssemblingThrowsEndsAndTheNextWorks() {
		AtomicBoolean armed = new AtomicBoolean(true);
		this.service.close();
		AuthorizationWebClients broken = (server) -> {
			if (armed.get()) {
				throw new IllegalStateException("broken");
			}
			return this.clients.forServer(server);
		};
		LoginEndpoints sound = endpoints(this.store);
		LoginEndpoints endpoints = new LoginEndpoints(sound.discovery(), sound.token(), broken,
				ProtocolSettings.defaults(), this.clock);
		this.service = new LoginService(endpoints, LoginSettings.defaults(), this.store, (url) -> false,
				McpOAuthListener.none(), this.scheduler);
		assertThat(beginFailing(server()).getReason()).isEqualTo(Reason.PROTOCOL);
		assertThat(this.service.current(KEY)).isNull();
		armed.set(false);
		logIn(server());
	}

	@Test
	@DisplayName("Law 19: an orderly end cancels logins that wait, and stores the one whose answer has arrived")
	void endWhenAnAnswerHasArrivedStoresItsGrant() {
		LoginRun login = begin(server());
		Hold hold = this.authorizationServer.http().hold(TestAuthorizationServer.TOKEN);
		CompletableFuture<HttpResponse<String>> page = consenting(login);
		hold.await(1);
		Mono<Void> end = this.service.end();
		end.subscribe();
		hold.release();
		end.block(PATIENCE);
		assertThat(page.join().statusCode()).isEqualTo(200);
		assertThat(end(login)).isEqualTo(grant());
		LoginRun waiting = begin(server());
		this.service.end().block(PATIENCE);
		assertThat(endFailing(waiting).getReason()).isEqualTo(Reason.CANCELLED);
	}

	@Test
	@DisplayName("S10: thousands of quotes around a pasted text are read in linear time")
	void completeWhenQuotesArePastedAnswersAtOnce() {
		LoginRun login = begin(server());
		for (String quotes : List.of("\"".repeat(60_000), "\"".repeat(60_000) + " x", "'".repeat(200_000))) {
			assertThatIllegalArgumentException().isThrownBy(() -> login.complete(quotes).block(PATIENCE));
		}
		assertThat(this.service.current(KEY)).isSameAs(login);
	}

	@Test
	@DisplayName("X24: a login of another process asks for the scopes that a server demanded of this one")
	void loginWhenAnotherProcessMetADemandAsksForItsScopes() {
		logIn(server((settings) -> settings.scopes(Set.of("mcp"))));
		try (LoginService agent = service()) {
			agent.demanded(KEY, Set.of("mcp", "mcp:write")).block(PATIENCE);
		}
		this.service.close();
		this.service = service();
		LoginRun login = begin(server());
		assertThat(scope(login)).contains("mcp", "mcp:write");
		consent(login);
		assertThat(end(login).requestedScope()).contains("mcp", "mcp:write");
		assertThat(this.store.getLessons(KEY)).isEqualTo(GrantLessons.NONE);
	}

	@Test
	@DisplayName("X25: a login that follows a refused client registers a new one, in any process")
	void loginWhenTheClientWasRefusedElsewhereRegistersAnew() {
		logIn(server());
		OAuthClient dead = client();
		new LessonBook(this.store, PATIENCE)
			.change(KEY,
					(lessons) -> lessons.withClientRefusals(new Refusals(dead.clientId(), 1, Instant.ofEpochSecond(1))))
			.block(PATIENCE);
		logIn(server());
		assertThat(client().clientId()).isNotEqualTo(dead.clientId());
		assertThat(this.authorizationServer.registrations()).isEqualTo(2);
	}

	@Test
	@DisplayName("X25: a user who sees an error page asks for a new client, which ends the login that runs")
	void loginWhenANewClientIsWantedReplacesTheOneThatRuns() {
		logIn(server());
		OAuthClient dead = client();
		LoginRun stuck = begin(server());
		LoginRun next = begin(server(), LoginRequest.withoutBrowser().withNewClient());
		assertThat(endFailing(stuck).getReason()).isEqualTo(Reason.CANCELLED);
		assertThat(client()).isEqualTo(dead);
		consent(next);
		end(next);
		assertThat(client().clientId()).isNotEqualTo(dead.clientId());
	}

	private List<String> scope(LoginRun login) {
		for (String pair : login.authorizationUrl().getQuery().split("&")) {
			if (pair.startsWith("scope=")) {
				return List.of(pair.substring("scope=".length()).split("[ +]"));
			}
		}
		return List.of();
	}

	private LoginService service(McpOAuthListener listener, Browser browser) {
		return new LoginService(endpoints(this.store), LoginSettings.defaults(), this.store, browser, listener,
				this.scheduler);
	}

	enum Misbehaviour {

		EVENT_EXCEPTION, EVENT_ERROR, WATCHING_EXCEPTION, WATCHING_ERROR, WATCHING_EMPTY, WATCHING_NEVER

	}

	private record ThrowingListener(Misbehaviour misbehaviour, AtomicBoolean armed) implements McpOAuthListener {

		@Override
		public void onEvent(McpOAuthEvent event) {
			if (this.armed.get() && this.misbehaviour == Misbehaviour.EVENT_EXCEPTION) {
				throw new IllegalStateException("broken listener");
			}
			if (this.armed.get() && this.misbehaviour == Misbehaviour.EVENT_ERROR) {
				throw new NoClassDefFoundError("broken listener");
			}
		}

		@Override
		public <T> Mono<T> observe(McpOAuthWork work, ContextView caller, Mono<T> mono,
				Function<? super T, String> outcome) {
			if (!this.armed.get()) {
				return mono;
			}
			return switch (this.misbehaviour) {
				case WATCHING_EXCEPTION -> throw new IllegalStateException("broken listener");
				case WATCHING_ERROR -> throw new NoClassDefFoundError("broken listener");
				case WATCHING_EMPTY -> Mono.empty();
				case WATCHING_NEVER -> Mono.never();
				default -> mono;
			};
		}

	}

}
