// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the log says of logins, and what it does not.
 */
class LoginLogTests extends LoginTestBase {

	private final Logger logger = (Logger) LoggerFactory.getLogger("io.github.mcpoauth");

	private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

	private @Nullable Level level;

	@BeforeEach
	void listen() {
		this.level = this.logger.getLevel();
		this.logger.setLevel(Level.TRACE);
		this.appender.start();
		this.logger.addAppender(this.appender);
	}

	@AfterEach
	void stopListening() {
		this.logger.detachAppender(this.appender);
		this.logger.setLevel(this.level);
	}

	@Test
	void loginWhenItEndsWellTellsAStoryAndOneLineForOperators() {
		LoginRun login = begin(server((settings) -> settings.scopes(Set.of("one"))));
		consent(login);
		end(login);
		String prefix = "[" + login.id() + "] ";
		assertThat(messages(Level.DEBUG)).filteredOn((message) -> message.startsWith(prefix))
			.hasSizeGreaterThan(5)
			.anySatisfy((message) -> assertThat(message).contains(this.authorizationServer.issuer()))
			.anySatisfy((message) -> assertThat(message).contains("/callback"))
			.anySatisfy((message) -> assertThat(message).contains("The code was exchanged"));
		assertThat(messages(Level.INFO)).singleElement()
			.asString()
			.startsWith(prefix + "Logged in to MCP server 'test'")
			.contains(this.authorizationServer.issuer())
			.doesNotContain("without a refresh token");
	}

	@Test
	@DisplayName("F17 the log says that no refresh token was issued")
	void loginWhenThereIsNoRefreshTokenSaysSo() {
		this.authorizationServer.issueRefreshTokens(false);
		logIn(server());
		assertThat(messages(Level.INFO)).singleElement().asString().endsWith("without a refresh token");
	}

	@Test
	void logoutIsOneLineForOperators() {
		logIn(server());
		this.appender.list.clear();
		this.service.logout(server(), server().key()).block(PATIENCE);
		assertThat(messages(Level.INFO)).containsExactly("Logged out of MCP server 'test'");
	}

	@Test
	@DisplayName("The name of a person is in no line for operators")
	void loginAndLogoutOfAPrincipalNameTheServerOnly() {
		GrantKey alice = server().key("alice@example.com");
		LoginRun login = Objects.requireNonNull(
				this.service.login(server(), alice, List.of(), LoginRequest.withoutBrowser()).block(PATIENCE));
		consent(login);
		end(login);
		this.service.logout(server(), alice).block(PATIENCE);
		this.service.logout(server(), alice).block(PATIENCE);
		assertThat(messages(Level.INFO)).hasSize(3).noneMatch((message) -> message.contains("alice"));
	}

	@Test
	@DisplayName("F32 Law 11 no secret reaches the log, an exception or a page, whatever the server answers")
	void loginWhenItFailsOrNotSaysNoSecret() {
		this.authorizationServer.client("mine", "top-secret-of-client");
		var server = server((settings) -> settings.clientId("mine").clientSecret(Secret.of("top-secret-of-client")));
		List<String> said = new ArrayList<>();
		LoginRun echoed = begin(server);
		URI redirect = redirect(echoed);
		this.authorizationServer.http()
			.next(TestAuthorizationServer.TOKEN, (request) -> Answer.of(400, "application/json", """
					{"error": "invalid_grant", "error_description": "%s"}""".formatted(request.body()))
				.answer(request));
		said.add(get(redirect).join().body());
		LoginException failure = endFailing(echoed);
		said.add(String.valueOf(failure.getMessage()));
		said.add(echoed.toString());
		LoginRun good = begin(server);
		said.add(consent(good).body());
		said.add(end(good).toString());
		Grant grant = grant();
		said.add(grant.toString());
		this.authorizationServer.http().handle(TestAuthorizationServer.REVOKE, Answer.status(500));
		this.service.logout(server, server.key()).block(PATIENCE);
		said.addAll(lines());
		assertThat(said).allSatisfy((text) -> assertThat(text).doesNotContain(secrets(grant)));
	}

	private List<String> secrets(Grant grant) {
		List<String> secrets = new ArrayList<>(List.of("top-secret-of-client", grant.accessToken().reveal(),
				Objects.requireNonNull(grant.refreshToken()).reveal()));
		for (Request exchange : this.authorizationServer.tokenRequests("authorization_code")) {
			secrets.add(Objects.requireNonNull(exchange.parameter("code")));
			secrets.add(Objects.requireNonNull(exchange.parameter("code_verifier")));
		}
		for (Request authorization : this.authorizationServer.http().requests(TestAuthorizationServer.AUTHORIZE)) {
			secrets.add(Objects.requireNonNull(authorization.parameter("state")));
		}
		assertThat(secrets).hasSize(9);
		return secrets;
	}

	private List<String> lines() {
		return this.appender.list.stream()
			.map((event) -> event.getFormattedMessage() + "\n" + ThrowableProxyUtil.asString(event.getThrowableProxy()))
			.collect(Collectors.toList());
	}

	private List<String> messages(Level wanted) {
		return this.appender.list.stream()
			.filter((event) -> event.getLevel().equals(wanted))
			.map(ILoggingEvent::getFormattedMessage)
			.toList();
	}

}
