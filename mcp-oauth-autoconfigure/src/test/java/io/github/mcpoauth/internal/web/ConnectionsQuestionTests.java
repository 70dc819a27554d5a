// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.question.QuestionSettings;
import io.github.mcpoauth.internal.web.TestBrowser.Page;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.ManagerFixture;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionUrl;
import io.github.mcpoauth.testing.TestClock;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Addresses that servers want users to open, on the {@link ConnectionsPage}.
 */
class ConnectionsQuestionTests {

	private static final String GITHUB = "github";

	private static final String LOGIN = "https://login.example.com/authorize?client=a&state=s1";

	private final TestBrowser browser = new TestBrowser();

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("The user sees the whole address and its domain, and opens it with a link of the next page")
	void answerWhenUserAgreesLeadsToALink(WebApplicationType type) throws Exception {
		try (ManagerFixture fixture = new ManagerFixture(); ConnectionsApplication application = start(type, fixture)) {
			ask(application, GrantKey.of(GITHUB), LOGIN);
			Page page = application.open(this.browser);
			assertThat(page.body())
				.contains("login.example.com", "https://login.example.com/authorize?client=a&amp;state=s1",
						"&lt;b&gt;Log in&lt;/b&gt;", "Decline")
				.doesNotContain("href=\"https://login.example.com", "look like another one");
			Page agreed = answer(page, "accept");
			assertThat(agreed.location().getPath()).isEqualTo("/mcp/connections/question");
			Page link = this.browser.follow(agreed);
			assertThat(link.body()).contains(
					"rel=\"noreferrer noopener\" target=\"_blank\" href=\"https://login.example.com/authorize?client=a&amp;state=s1\"");
			assertThat(link.header("Referrer-Policy")).isEqualTo("no-referrer");
			assertThat(application.open(this.browser).body()).doesNotContain("login.example.com");
			assertThat(decided(application, GrantKey.of(GITHUB))).isEqualTo(Answer.accept());
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void answerWhenUserDeclinesOrCancelsSaysSo(WebApplicationType type) throws Exception {
		try (ManagerFixture fixture = new ManagerFixture(); ConnectionsApplication application = start(type, fixture)) {
			ask(application, GrantKey.of(GITHUB), LOGIN);
			Page cancelled = answer(application.open(this.browser), "cancel");
			assertThat(this.browser.follow(cancelled).body()).contains("The address was not opened");
			ask(application, GrantKey.of(GITHUB), LOGIN);
			Page page = application.open(this.browser);
			assertThat(this.browser.follow(answer(page, "decline")).body()).contains("Declined")
				.doesNotContain("login.example.com");
			assertThat(decided(application, GrantKey.of(GITHUB))).isEqualTo(Answer.decline());
			assertThat(this.browser.follow(answer(page, "accept")).body()).contains("No longer asked");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void answerWhenTimeIsOverSaysSo(WebApplicationType type) throws Exception {
		try (ManagerFixture fixture = new ManagerFixture(); ConnectionsApplication application = start(type, fixture)) {
			ask(application, GrantKey.of(GITHUB), LOGIN);
			Page page = application.open(this.browser);
			application.context().getBean(TestClock.class).advance(Duration.ofMinutes(5));
			assertThat(this.browser.follow(answer(page, "accept")).body()).contains("No longer asked");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("The page warns of names that look like others")
	void listWhenAddressLooksLikeAnotherWarns(WebApplicationType type) throws Exception {
		try (ManagerFixture fixture = new ManagerFixture(); ConnectionsApplication application = start(type, fixture)) {
			ask(application, GrantKey.of(GITHUB), "https://github.com@g\u0456thub.example/login");
			assertThat(application.open(this.browser).body()).contains("xn--", "it may look like another one",
					"letters of several alphabets", "a text before the name of the site");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("Isolation: a user neither sees nor answers the question of another")
	void answerWhenQuestionIsOfAnotherUserIsRefused(WebApplicationType type) throws Exception {
		try (ManagerFixture fixture = new ManagerFixture(PrincipalResolver.fromContext("user"), false);
				ConnectionsApplication application = ConnectionsApplication.start(type, fixture.manager,
						List.of(ConnectionsSecurityTests.ServletSecurity.class,
								ConnectionsSecurityTests.ReactiveSecurity.class, Asked.class),
						"", "--mcp.oauth.principal.context-key=user")) {
			GrantKey alice = GrantKey.of(GITHUB, "alice");
			String id = ask(application, alice, LOGIN);
			assertThat(application.open(ConnectionsSecurityTests.as("alice")).body()).contains("login.example.com");
			TestBrowser bob = ConnectionsSecurityTests.as("bob");
			Page page = application.open(bob);
			assertThat(page.body()).doesNotContain("login.example.com");
			Map<String, String> form = page.form("connect", GITHUB);
			form.remove("action");
			form.put("question", id);
			form.put("answer", "accept");
			URI answer = application.url(ConnectionsPage.PATH + "/answer");
			assertThat(bob.follow(bob.post(answer, form)).body()).contains("No longer asked");
			assertThat(bob.get(application.url(ConnectionsPage.PATH + "/question?server=github&question=" + id)).body())
				.doesNotContain("login.example.com");
			assertThat(
					application.context().getBean(QuestionRegistry.class).waiting(alice).block(ManagerFixture.PATIENCE))
				.hasSize(1);
		}
	}

	private static ConnectionsApplication start(WebApplicationType type, ManagerFixture fixture) {
		return ConnectionsApplication.start(type, fixture.manager, List.of(Asked.class), "");
	}

	private Page answer(Page page, String decision) throws Exception {
		Map<String, String> form = page.form("answer", GITHUB);
		form.put("answer", decision);
		return this.browser.post(page.uri().resolve(form.remove("action")), form);
	}

	private static String ask(ConnectionsApplication application, GrantKey key, String url) {
		Question.Url question = question(key, url);
		QuestionRegistry questions = application.context().getBean(QuestionRegistry.class);
		assertThat(questions.ask(question).blockOptional(ManagerFixture.PATIENCE)).isEmpty();
		return question.id();
	}

	private static Answer decided(ConnectionsApplication application, GrantKey key) {
		return application.context()
			.getBean(QuestionRegistry.class)
			.ask(question(key, LOGIN))
			.blockOptional(ManagerFixture.PATIENCE)
			.orElseThrow();
	}

	private static Question.Url question(GrantKey key, String url) {
		return new Question.Url("q-" + System.nanoTime(), key, "report", "<b>Log in</b>", Instant.MAX,
				QuestionUrl.of(url));
	}

	@Configuration(proxyBeanMethods = false)
	static class Asked {

		@Bean
		TestClock clock() {
			return TestClock.at(Clock.systemUTC().instant());
		}

		@Bean
		QuestionRegistry questions(TestClock clock) {
			return new QuestionRegistry(null,
					new QuestionSettings(QuestionSettings.DEFAULT_TIMEOUT, true, "http://127.0.0.1/mcp/connections"),
					clock, McpOAuthListener.none(), WorkThreads.shared(), null);
		}

	}

}
