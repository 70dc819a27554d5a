// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.util.List;
import java.util.Map;
import java.util.Objects;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the log tells of a refresh.
 */
class RefreshStoryTests {

	private final ManagerFixture fixture = new ManagerFixture();

	private final ListAppender<ILoggingEvent> log = new ListAppender<>();

	private final Logger refreshes = (Logger) LoggerFactory.getLogger("io.github.mcpoauth.internal.refresh");

	private final Logger all = (Logger) LoggerFactory.getLogger("io.github.mcpoauth");

	@BeforeEach
	void listen() {
		this.all.setLevel(Level.TRACE);
		this.log.start();
		this.refreshes.addAppender(this.log);
	}

	@AfterEach
	void close() {
		this.refreshes.detachAppender(this.log);
		this.all.setLevel(null);
		this.fixture.close();
	}

	@Test
	void logWhenTokenIsRenewedTellsItUnderOneIdWithoutSecrets() {
		Grant grant = this.fixture.grant();
		this.fixture.manager.provider(this.fixture.key).refresh(null).block(ManagerFixture.PATIENCE);
		List<String> first = messages();
		assertThat(first).hasSize(9);
		assertThat(first.get(0)).endsWith("A refresh for MCP server 'github' begins, by DEMAND");
		assertThat(first.get(1)).contains("The lock was had after ");
		assertThat(first.get(2)).endsWith("The renewal begins");
		assertThat(first.get(3)).contains("The client '").contains(" and the token endpoint '");
		assertThat(first.get(4)).contains("The issuer '" + this.fixture.authorizationServer.issuer());
		assertThat(first.get(5)).endsWith("The note is written");
		assertThat(first.get(6)).contains("The refresh token is sent to '" + this.fixture.authorizationServer.issuer());
		assertThat(first.get(7)).contains("The token of MCP server 'github' was renewed, expires ");
		assertThat(first.get(8)).endsWith("The refresh ends with refreshed");
		assertThat(first).allMatch((message) -> message.startsWith(first.get(0).substring(0, 11)));
		Grant renewed = this.fixture.stored();
		this.log.list.clear();
		this.fixture.authorizationServer.http()
			.handle(TestAuthorizationServer.TOKEN,
					Answer.json(400, Map.of("error", "invalid_grant", "error_description", secret(renewed))));
		this.fixture.manager.provider(this.fixture.key).refresh(null).onErrorComplete().block(ManagerFixture.PATIENCE);
		List<String> second = messages();
		assertThat(second.get(second.size() - 2)).contains("MCP server 'github' needs a new login");
		assertThat(second).last()
			.asString()
			.contains("The refresh ends with login_required: ")
			.contains("invalid_grant");
		assertThat(second).allMatch((message) -> message.startsWith(second.get(0).substring(0, 11)))
			.noneMatch((message) -> message.startsWith(first.get(0).substring(0, 11)));
		for (Grant secrets : List.of(grant, renewed)) {
			assertThat(first.toString() + second).doesNotContain(secrets.accessToken().reveal(), secret(secrets));
		}
	}

	@Test
	void logWhenTheNoteFailsDoesNotSayThatTheRefreshTokenIsSent() {
		this.fixture.grant();
		this.fixture.store.failNotes(this.fixture.key, new TokenStoreException("github", "The disk is full", null));
		this.fixture.manager.provider(this.fixture.key).refresh(null).onErrorComplete().block(ManagerFixture.PATIENCE);
		List<String> messages = messages();
		assertThat(messages).noneMatch((message) -> message.contains("is sent"));
		assertThat(messages.get(messages.size() - 2)).endsWith("No refresh for MCP server 'github': The disk is full");
		assertThat(messages).last().asString().endsWith("The refresh ends with store_error: The disk is full");
	}

	@Test
	void logWhenTokenIsRejectedTellsTheAnswerWithoutSecrets() {
		Grant grant = this.fixture.grant();
		assertThat(recover(Rejection.of(grant.toAccessToken(), List.of("Basic realm=\"proxy\"")))).last()
			.isEqualTo(
					"A 401 of MCP server 'github' is answered with NOT_RECOVERED: the server asks for another authentication than OAuth");
		assertThat(recover(new Rejection(grant.toAccessToken(), List.of(), false, true, false))).last()
			.isEqualTo("A 403 of MCP server 'github' is answered with NOT_RECOVERED: the server forbids it");
		List<String> recovered = recover(Rejection.of(grant.toAccessToken(), List.of()));
		assertThat(recovered.get(recovered.size() - 2)).endsWith("The refresh ends with refreshed");
		assertThat(recovered).last().isEqualTo("A 401 of MCP server 'github' is answered with REFRESHED");
		for (Grant secrets : List.of(grant, this.fixture.stored())) {
			assertThat(recovered.toString()).doesNotContain(secrets.accessToken().reveal(), secret(secrets));
		}
	}

	private List<String> recover(Rejection rejection) {
		this.fixture.manager.provider(this.fixture.key).recover(rejection).block(ManagerFixture.PATIENCE);
		return messages();
	}

	private static String secret(Grant grant) {
		return Objects.requireNonNull(grant.refreshToken()).reveal();
	}

	private List<String> messages() {
		return this.log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
	}

}
