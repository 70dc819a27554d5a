// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.question.QuestionSettings;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionHandler;
import io.github.mcpoauth.store.LoginRecords;
import io.github.mcpoauth.testing.AskingServer;
import io.github.mcpoauth.testing.ScriptedManager;
import io.github.mcpoauth.testing.TestClock;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The questions of a server of the protocol up to 2025-11-25 during a call.
 */
class QuestionSessionTests {

	static final String LOGIN = "https://login.example.com/authorize?state=s1";

	static final String PAGE = "http://127.0.0.1:8080/mcp/connections";

	static final GrantKey ALICE = GrantKey.of("demo", "alice");

	static final GrantKey BOB = GrantKey.of("demo", "bob");

	private static final Duration LONG = Duration.ofMinutes(5);

	final AskingServer server = server();

	private final ScriptedManager manager = ScriptedManager.of("demo", this.server.url());

	private final WorkThreads threads = WorkThreads.platform();

	private final TestClock clock = TestClock.fixed();

	private final BlockingQueue<McpOAuthEvent> events = new LinkedBlockingQueue<>();

	private @Nullable McpSessions sessions;

	private @Nullable QuestionRegistry questions;

	private @Nullable LoginRecords records;

	AskingServer server() {
		return AskingServer.start();
	}

	@AfterEach
	void close() {
		if (this.sessions != null) {
			this.sessions.closeGracefully().block(SessionFixture.PATIENCE);
		}
		this.server.close();
		this.threads.close();
	}

	void open(@Nullable QuestionHandler handler, @Nullable String page, SessionCustomizer... customizers) {
		open(new QuestionSettings(LONG, page != null, page), Duration.ofSeconds(60), handler, customizers);
	}

	private void open(QuestionSettings settings, Duration requestTimeout, @Nullable QuestionHandler handler,
			SessionCustomizer... customizers) {
		QuestionRegistry asked = new QuestionRegistry(handler, settings, this.clock, this.events::add, this.threads,
				this.records);
		SessionTransports transports = new WebFluxSessionTransports(this.manager, WebClient::builder,
				SessionFixture.PATIENCE, this.threads);
		this.questions = asked;
		this.sessions = new McpSessions(this.manager, transports,
				new SessionSettings(requestTimeout, SessionFixture.PATIENCE, 3, Duration.ofSeconds(60)),
				new McpSessions.Additions(List.of(customizers), asked), PrincipalCacheSettings.defaults(),
				this.threads);
	}

	QuestionRegistry questions() {
		return Objects.requireNonNull(this.questions);
	}

	List<Question.Url> waiting(GrantKey key) {
		return SessionFixture.await(questions().waiting(key));
	}

	private static <T> Optional<T> await(Mono<T> mono) {
		return mono.blockOptional(SessionFixture.PATIENCE);
	}

	private Mono<CallToolResult> asking(GrantKey key) {
		return Objects.requireNonNull(this.sessions).get(key).callTool(CallToolRequest.builder("ask").build());
	}

	CallToolResult ask() {
		return SessionFixture.await(asking(GrantKey.of("demo")));
	}

	private static QuestionHandler answering(Answer answer) {
		return (question) -> Mono.just(answer);
	}

	@Test
	void callToolWhenUserSubmitsFormGetsTheValues() {
		BlockingQueue<Question> asked = new LinkedBlockingQueue<>();
		open((question) -> {
			asked.add(question);
			return Mono.just(Answer.accept(Map.of("name", "Ada")));
		}, null);
		this.server.ask("Who are you");
		assertThat(SessionFixture.text(ask())).isEqualTo("ACCEPT{name=Ada}");
		assertThat(asked).singleElement().isInstanceOfSatisfying(Question.Form.class, (form) -> {
			assertThat(form.key()).isEqualTo(GrantKey.of("demo"));
			assertThat(form.tool()).isEqualTo("ask");
			assertThat(form.message()).isEqualTo("Who are you");
			assertThat(form.schema()).containsKey("properties");
			assertThat(form.expiresAt()).isEqualTo(this.clock.instant().plus(LONG));
		});
	}

	@Test
	void callToolWhenUserDeclinesTellsTheServer() {
		open(answering(Answer.decline()), null);
		this.server.ask("Who are you");
		assertThat(SessionFixture.text(ask())).isEqualTo("DECLINE");
	}

	@Test
	void callToolWhenUserCancelsTellsTheServer() {
		open(answering(Answer.cancel()), null);
		this.server.ask("Who are you");
		assertThat(SessionFixture.text(ask())).isEqualTo("CANCEL");
	}

	@Test
	void callToolWhenHandlerAgreesToAddressGoesOn() {
		open(answering(Answer.accept()), null);
		this.server.ask(LOGIN);
		CallToolResult result = ask();
		assertThat(SessionFixture.text(result)).isEqualTo("ACCEPT");
		assertThat(result.isError()).isNotEqualTo(true);
	}

	@Test
	void callToolWhenServerAsksThreeTimesAnswersEachQuestion() {
		open((question) -> Mono.just((question.mode() == Question.Mode.URL) ? Answer.accept()
				: Answer.accept(Map.of("name", question.message()))), null);
		this.server.ask("one", LOGIN, "three");
		assertThat(SessionFixture.text(ask())).isEqualTo("ACCEPT{name=one} ACCEPT ACCEPT{name=three}");
	}

	@Test
	void callToolWhenServerAsksForEverEndsWithAnErrorThatNamesServerAndTool() {
		open(answering(Answer.accept(Map.of("name", "Ada"))), null);
		this.server.ask("Who are you");
		this.server.neverEnd();
		assertThatExceptionOfType(McpCallException.class).isThrownBy(this::ask)
			.withMessageStartingWith("MCP server 'demo' asked for input 10 times during one call of tool 'ask'");
	}

	@Test
	void callToolWhenApplicationShowsNoFormsTellsServer() {
		open(null, PAGE);
		this.server.ask();
		ask();
		assertThat(this.server.isToldOfForms()).isFalse();
		assertThat(this.server.isToldOfAddresses()).isTrue();
	}

	@Test
	void callToolWhenHandlerAnswersFormsOnlyTellsServer() {
		open(new QuestionHandler() {

			@Override
			public Mono<Answer> answer(Question question) {
				return Mono.just(Answer.accept(Map.of("name", "Ada")));
			}

			@Override
			public Set<Question.Mode> modes() {
				return Set.of(Question.Mode.FORM);
			}

		}, null);
		this.server.ask("Who are you");
		ask();
		assertThat(this.server.isToldOfForms()).isTrue();
		assertThat(this.server.isToldOfAddresses()).isFalse();
	}

	@Test
	void callToolWhenNothingIsAskedAnnouncesNoQuestions() {
		open(null, null);
		this.server.ask();
		ask();
		assertThat(this.server.isToldOfForms()).isFalse();
		assertThat(this.server.isToldOfAddresses()).isFalse();
	}

	@Test
	void callToolWhenAddressIsKeptTellsTheModelAndTheUser() throws Exception {
		open(null, PAGE);
		this.server.ask(LOGIN);
		CallToolResult result = ask();
		assertThat(SessionFixture.members(result)).containsEntry("needs_user", true)
			.containsEntry("server", "demo")
			.hasEntrySatisfying("error", (error) -> assertThat((String) error).startsWith(
					"MCP server 'demo' asks the user to open an address at 'login.example.com' for tool 'ask': 'Log in there'")
				.contains(PAGE)
				.doesNotContain("s1"));
		assertThat(waiting(GrantKey.of("demo"))).singleElement().satisfies((question) -> {
			assertThat(question.url().value()).isEqualTo(LOGIN);
			assertThat(question.url().domain()).isEqualTo("login.example.com");
		});
		assertThat(this.events.poll(30, TimeUnit.SECONDS)).isInstanceOfSatisfying(McpOAuthEvent.QuestionAsked.class,
				(event) -> {
					assertThat(event.url()).isEqualTo(LOGIN);
					assertThat(event.tool()).isEqualTo("ask");
					assertThat(event.toString()).doesNotContain("login.example.com");
				});
	}

	@Test
	void callToolWhenUserHasDecidedTellsTheServerOnce() {
		open(null, PAGE);
		this.server.ask(LOGIN);
		ask();
		decide(GrantKey.of("demo"), Answer.Action.ACCEPT);
		assertThat(SessionFixture.text(ask())).isEqualTo("ACCEPT");
		assertThat(SessionFixture.members(ask())).containsEntry("needs_user", true);
		decide(GrantKey.of("demo"), Answer.Action.DECLINE);
		assertThat(SessionFixture.text(ask())).isEqualTo("DECLINE");
	}

	private void decide(GrantKey key, Answer.Action action) {
		String id = waiting(key).get(0).id();
		assertThat(await(questions().decide(key, id, action))).isPresent();
	}

	@Test
	void callToolWhenUserHasDecidedAboutAnotherAddressAsksAgain() {
		open(null, PAGE);
		this.server.ask(LOGIN);
		ask();
		decide(GrantKey.of("demo"), Answer.Action.ACCEPT);
		this.server.ask(LOGIN + "2");
		assertThat(SessionFixture.members(ask())).containsEntry("needs_user", true);
		assertThat(waiting(GrantKey.of("demo"))).extracting((question) -> question.url().value())
			.containsExactly(LOGIN + "2");
	}

	@Test
	void callToolWhenDecisionComesTooLateAsksAgain() {
		open(null, PAGE);
		this.server.ask(LOGIN);
		ask();
		String id = waiting(GrantKey.of("demo")).get(0).id();
		this.clock.advance(LONG);
		assertThat(await(questions().decide(GrantKey.of("demo"), id, Answer.Action.ACCEPT))).isEmpty();
		assertThat(SessionFixture.members(ask())).containsEntry("needs_user", true);
	}

	@Test
	void callToolWhenPrincipalsAskKeepsTheirQuestionsApart() {
		open(null, PAGE);
		this.manager.hold(ALICE, "token-alice");
		this.manager.hold(BOB, "token-bob");
		this.server.ask(LOGIN);
		SessionFixture.await(asking(ALICE));
		String id = waiting(ALICE).get(0).id();
		assertThat(waiting(BOB)).isEmpty();
		assertThat(await(questions().find(BOB, id))).isEmpty();
		assertThat(await(questions().decide(BOB, id, Answer.Action.ACCEPT))).isEmpty();
		assertThat(SessionFixture.members(SessionFixture.await(asking(BOB)))).containsEntry("needs_user", true);
		decide(ALICE, Answer.Action.ACCEPT);
		assertThat(waiting(BOB)).hasSize(1);
		assertThat(SessionFixture.members(SessionFixture.await(asking(BOB)))).containsEntry("needs_user", true);
		assertThat(SessionFixture.text(SessionFixture.await(asking(ALICE)))).isEqualTo("ACCEPT");
	}

	@Test
	void callToolWhenHandlerDoesNotAnswerEndsAtTheDeadline() {
		Sinks.One<Answer> late = Sinks.one();
		open(new QuestionSettings(Duration.ofMillis(200), false, null), SessionFixture.PATIENCE,
				(question) -> late.asMono());
		this.server.ask("Who are you");
		assertThat(SessionFixture.members(ask())).containsEntry("needs_user", true)
			.hasEntrySatisfying("error", (error) -> assertThat((String) error).contains("has not answered in time"));
		late.tryEmitValue(Answer.accept(Map.of("name", "Ada")));
		int calls = this.server.calls();
		assertThat(calls).isOne();
	}

	@Test
	void callToolWhenUserTakesLongerThanARequestWaits() {
		Sinks.One<Answer> answer = Sinks.one();
		open(new QuestionSettings(LONG, false, null), Duration.ofMillis(300),
				(question) -> Mono.delay(Duration.ofMillis(900))
					.then(Mono.fromRunnable(() -> answer.tryEmitValue(Answer.accept(Map.of("name", "Ada")))))
					.then(answer.asMono()));
		this.server.ask("Who are you");
		assertThat(SessionFixture.text(ask())).isEqualTo("ACCEPT{name=Ada}");
	}

	@Test
	void callToolWhenHandlerFailsTellsTheModel() {
		open((question) -> {
			throw new IllegalStateException("no user");
		}, null);
		this.server.ask("Who are you");
		assertThat(SessionFixture.members(ask())).containsEntry("needs_user", true);
	}

	@Test
	void callToolWhenHandlerHasNoAnswerKeepsTheAddress() {
		open((question) -> Mono.empty(), PAGE);
		this.server.ask(LOGIN);
		assertThat(SessionFixture.members(ask())).containsEntry("needs_user", true);
		assertThat(waiting(GrantKey.of("demo"))).hasSize(1);
	}

	@Test
	void callToolWhenStoreIsAwaySaysSoAndGoesOnAsking(@TempDir Path directory) throws Exception {
		Path file = Files.createFile(directory.resolve("no-directory"));
		this.records = new FileTokenStore(file).logins();
		open(null, PAGE);
		this.server.ask(LOGIN);
		assertThatExceptionOfType(McpCallException.class).isThrownBy(this::ask)
			.withMessageStartingWith(
					"MCP server 'demo' asks the user to open an address of tool 'ask', and the question cannot be kept")
			.withMessageEndingWith("Call it again later")
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(McpCallException.Reason.UNAVAILABLE));
		Files.delete(file);
		assertThat(SessionFixture.members(ask())).containsEntry("needs_user", true);
		assertThat(waiting(GrantKey.of("demo"))).hasSize(1);
	}

	@Test
	void callToolWhenStoreIsAwayStillAsksTheHandler(@TempDir Path directory) throws Exception {
		Path file = Files.createFile(directory.resolve("no-directory"));
		this.records = new FileTokenStore(file).logins();
		open(answering(Answer.accept()), PAGE);
		this.server.ask(LOGIN);
		assertThat(SessionFixture.text(ask())).isEqualTo("ACCEPT");
	}

	@ParameterizedTest
	@ValueSource(strings = { "javascript:alert(1)", "http://login.example.com/", "https://login.example.com/\u202egnp",
			"https:\\\\login.example.com", "https://log in.example.com/", "https:///path", "data:text/html,x",
			"https://%6cogin.example.com/" })
	void callToolWhenAddressIsHostileNeitherKeepsNorShowsIt(String url) {
		open(answering(Answer.accept()), PAGE);
		this.server.ask(url);
		assertThatExceptionOfType(McpCallException.class).isThrownBy(this::ask)
			.withMessageStartingWith("MCP server 'demo' asks the user to open an address of tool 'ask' that no user")
			.withMessageNotContaining(url);
		assertThat(waiting(GrantKey.of("demo"))).isEmpty();
	}

	@Test
	void callToolWhenToolSucceedsWithoutTheAddressKeepsItsResult() {
		open(null, PAGE);
		this.server.ask(LOGIN);
		this.server.succeedAnyway();
		assertSucceedsAnyway(ask());
	}

	void assertSucceedsAnyway(CallToolResult result) {
		assertThat(result.isError()).isNotEqualTo(true);
		assertThat(SessionFixture.text(result)).isEqualTo("CANCEL");
		assertThat(result.content()).last()
			.isInstanceOfSatisfying(TextContent.class,
					(text) -> assertThat(text.text()).contains("asks the user to open an address"));
	}

	@Test
	void callToolWhenGrantUsesExtensionsDeclaresThem() {
		this.manager.add(new McpServer("demo", this.server.url(),
				OAuthSettings.builder().clientId("c").dpop(OAuthSettings.DPoP.ALWAYS).build()));
		open(null, PAGE);
		this.server.ask();
		ask();
		assertThat(this.server.extensions()).containsExactly("io.modelcontextprotocol/auth/dpop");
	}

}
