// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.actuate.McpOAuthEndpoint;
import io.github.mcpoauth.actuate.McpOAuthEndpoint.Action;
import io.github.mcpoauth.actuate.McpOAuthEndpoint.LoginDescriptor;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.question.QuestionSettings;
import io.github.mcpoauth.internal.web.ReplicaStores.Kind;
import io.github.mcpoauth.internal.web.TestBrowser.Page;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionUrl;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestMcpServer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The connections page and the endpoint of several nodes that share a store, behind a
 * balancer without session affinity.
 */
class ConnectionsReplicasTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final String GITHUB = "github";

	private static final GrantKey KEY = GrantKey.of(GITHUB);

	private static final String ADDRESS = "https://login.example.com/authorize?state=s1";

	private final TestAuthorizationServer authorizationServer = TestAuthorizationServer.start()
		.accessTokenLifetime(Duration.ofHours(1))
		.reuseDetection(true);

	private final TestMcpServer mcpServer = TestMcpServer.start(this.authorizationServer);

	private final RoundRobinProxy proxy = new RoundRobinProxy();

	private final TestBrowser browser = new TestBrowser();

	private final List<Node> nodes = new ArrayList<>();

	@TempDir
	private Path directory;

	private @Nullable ReplicaStores stores;

	@AfterEach
	void close() throws Exception {
		for (Node node : List.copyOf(this.nodes)) {
			node.close();
		}
		this.proxy.close();
		if (this.stores != null) {
			this.stores.close();
		}
		this.mcpServer.close();
		this.authorizationServer.close();
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("Connect, reconnect, be denied and disconnect, each request at another node")
	void pageWhenRequestsAlternateWorks(Kind kind) throws Exception {
		start(kind, 2);
		// An odd and an even number of requests between two steps
		for (int offset = 0; offset < 2; offset++) {
			Page page = open();
			assertThat(page.body()).contains("Not connected");
			Page connected = this.browser
				.follow(this.browser.get(TestBrowser.consent(this.browser.connect(page, GITHUB))));
			assertThat(connected.body()).contains("The application can use 'github' for you now.", "Disconnect");
			Grant first = grant();
			assertThat(
					this.browser.follow(this.browser.get(TestBrowser.consent(this.browser.connect(connected, GITHUB))))
						.body())
				.contains("The application can use");
			assertThat(grant().accessToken()).isNotEqualTo(first.accessToken());
			this.authorizationServer.deny("access_denied");
			Page denied = this.browser
				.follow(this.browser.get(TestBrowser.consent(this.browser.connect(open(), GITHUB))));
			assertThat(denied.body()).contains("said no to", "Disconnect");
			this.authorizationServer.deny(null);
			Page disconnected = this.browser.follow(this.browser.submit(open(), "disconnect", GITHUB));
			assertThat(disconnected.body()).contains("were revoked and forgotten", "Not connected");
			open();
		}
		assertThat(this.authorizationServer.exchanges()).isEqualTo(4);
		assertThat(this.nodes.get(0).events.stream().filter(McpOAuthEvent.LoginFailed.class::isInstance).count()
				+ this.nodes.get(1).events.stream().filter(McpOAuthEvent.LoginFailed.class::isInstance).count())
			.isEqualTo(2);
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "MEMORY")
	@DisplayName("A login is finished by another node when the one that began it is gone")
	void callbackWhenTheFirstNodeIsGoneFinishesTheLogin(Kind kind) throws Exception {
		start(kind, 2);
		Node first = this.nodes.get(0);
		this.proxy.remove(this.nodes.get(1).port());
		URI answer = TestBrowser.consent(this.browser.connect(open(), GITHUB));
		this.proxy.add(this.nodes.get(1).port());
		first.close();
		Page callback = this.browser.get(answer);
		assertThat(callback.status()).isEqualTo(303);
		assertThat(this.browser.follow(callback).body()).contains("The application can use");
		assertThat(first.events).noneMatch(McpOAuthEvent.LoginFailed.class::isInstance);
		assertThat(this.nodes.get(0).events).anyMatch(McpOAuthEvent.LoggedIn.class::isInstance);
		assertThat(grant()).isNotNull();
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("An answer that comes to both nodes at once, and then again, is exchanged once")
	void callbackWhenSentToSeveralNodesIsTakenOnce(Kind kind) throws Exception {
		start(kind, 2);
		URI answer = TestBrowser.consent(this.browser.connect(open(), GITHUB));
		List<CompletableFuture<Integer>> callbacks = new ArrayList<>();
		for (Node node : this.nodes) {
			callbacks.add(CompletableFuture.supplyAsync(() -> node.status(answer, this.browser)));
		}
		for (CompletableFuture<Integer> callback : callbacks) {
			assertThat(callback.get()).isIn(303, 409);
		}
		for (Node node : this.nodes) {
			assertThat(node.status(answer, this.browser)).isEqualTo(409);
		}
		assertThat(this.authorizationServer.exchanges()).isEqualTo(1);
		assertThat(open().body()).contains("Disconnect");
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("Another browser gets 403 at each node, and the login still waits")
	void callbackWhenFromAnotherBrowserIsRefusedByEachNode(Kind kind) throws Exception {
		start(kind, 2);
		URI answer = TestBrowser.consent(this.browser.connect(open(), GITHUB));
		TestBrowser other = new TestBrowser();
		other.get(this.proxy.url().resolve(ConnectionsPage.PATH));
		for (Node node : this.nodes) {
			assertThat(node.status(answer, other)).isEqualTo(403);
			Page elsewhere = other.get(this.proxy.url().resolve(ConnectionsPage.PATH));
			assertThat(elsewhere.body()).contains("A login is in progress elsewhere").doesNotContain("flow=");
		}
		assertThat(this.authorizationServer.exchanges()).isZero();
		assertThat(this.browser.get(answer).status()).isEqualTo(303);
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("A login that one node cancels ends at the node that began it, too")
	void cancelWhenAtAnotherNodeEndsTheLogin(Kind kind) throws Exception {
		start(kind, 2);
		Node first = this.nodes.get(0);
		Login login = first.login(LoginRequest.withoutBrowser());
		Login seen = this.nodes.get(1).newest();
		assertThat(seen.id()).isEqualTo(login.id());
		seen.cancel();
		assertThatExceptionOfType(LoginException.class).isThrownBy(() -> seen.completion().block(PATIENCE))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(LoginException.Reason.CANCELLED));
		assertThatExceptionOfType(LoginException.class).isThrownBy(() -> login.completion().block(PATIENCE))
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(LoginException.Reason.CANCELLED));
		Login next = first.login(LoginRequest.withoutBrowser());
		assertThat(next.id()).isNotEqualTo(login.id());
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("The endpoint of one node completes the login that the endpoint of another one began")
	void completeWhenAtAnotherNodeStoresTheGrant(Kind kind) throws Exception {
		start(kind, 2);
		McpOAuthEndpoint first = new McpOAuthEndpoint(this.nodes.get(0).manager);
		McpOAuthEndpoint second = new McpOAuthEndpoint(this.nodes.get(1).manager);
		LoginDescriptor begun = (LoginDescriptor) Objects
			.requireNonNull(first.perform(GITHUB, Action.LOGIN, null, null, null, null).block(PATIENCE));
		assertThat(Objects.requireNonNull(second.server(GITHUB, null).block(PATIENCE)).login()).isNotNull();
		String redirect = TestBrowser.consent(Objects.requireNonNull(begun.authorizationUrl())).toString();
		// A newer login of the node that completes the older one
		second.perform(GITHUB, Action.LOGIN, null, null, null, null).block(PATIENCE);
		second.perform(GITHUB, Action.COMPLETE, redirect, null, null, null).block(PATIENCE);
		assertThat(grant()).isNotNull();
		assertThat(this.authorizationServer.exchanges()).isEqualTo(1);
		assertThat(Objects.requireNonNull(this.nodes.get(0).provider().status().block(PATIENCE)).state())
			.isEqualTo(ServerStatus.State.AUTHORIZED);
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "MEMORY")
	@DisplayName("A code is shown and cancelled by any node, and asked about by one at a time, also when the first is gone")
	void deviceCodeWhenTheFirstNodeIsGoneIsFinishedByAnother(Kind kind) throws Exception {
		this.authorizationServer.offerDeviceGrant().deviceInterval(1);
		start(kind, 2);
		Page way = this.browser.follow(this.browser.submit(open(), "connect", GITHUB));
		Page waiting = this.browser.follow(this.browser.submit(way, "connect", GITHUB));
		assertThat(waiting.body()).contains("Waiting for you", "WDJB-");
		assertThat(this.browser.follow(this.browser.submit(open(), "cancel", GITHUB)).body()).contains("was cancelled");
		way = this.browser.follow(this.browser.submit(open(), "connect", GITHUB));
		Page started = this.browser.submit(way, "connect", GITHUB);
		Page shown = this.browser.follow(started);
		String code = code(shown);
		for (int requests = 0; requests < 3; requests++) {
			assertThat(code(open())).isEqualTo(code);
		}
		this.nodes.get(0).close();
		this.authorizationServer.decide(code, true);
		Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(open().body()).contains("Disconnect"));
		assertThat(this.authorizationServer.tokenRequests(TestAuthorizationServer.DEVICE_CODE)
			.stream()
			.filter((request) -> request.form().get("device_code") != null)
			.count()).isPositive();
		assertThat(grant()).isNotNull();
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("A question that one node asks is shown and answered at another, and the node of the next call hears it once")
	void answerWhenAnotherNodeAskedIsHeardOnce(Kind kind) throws Exception {
		start(kind, 2);
		Node first = this.nodes.get(0);
		Node second = this.nodes.get(1);
		assertThat(first.ask(ADDRESS)).isEmpty();
		assertThat(second.ask(ADDRESS)).as("it waits already").isEmpty();
		assertThat(second.waiting(KEY)).singleElement().isEqualTo(first.waiting(KEY).get(0));
		assertThat(second.waiting(GrantKey.of(GITHUB, "bob"))).isEmpty();
		assertThat(first.events).hasAtLeastOneElementOfType(McpOAuthEvent.QuestionAsked.class);
		assertThat(second.events).doesNotHaveAnyElementsOfTypes(McpOAuthEvent.QuestionAsked.class);
		assertThat(Objects.requireNonNull(first.store.logins()).load(KEY).block(PATIENCE))
			.doesNotContain("login.example.com", "Log in");
		// Each request goes to the other node: the list, the decision, the link
		Page shown = open();
		assertThat(shown.body()).contains("login.example.com", "Decline");
		Map<String, String> form = shown.form("answer", GITHUB);
		form.put("answer", "accept");
		Page link = this.browser
			.follow(this.browser.post(shown.uri().resolve(Objects.requireNonNull(form.remove("action"))), form));
		assertThat(link.body()).contains("href=\"" + ADDRESS);
		assertThat(first.waiting(KEY)).isEmpty();
		assertThat(second.waiting(KEY)).isEmpty();
		List<Optional<Answer>> heard = new ArrayList<>();
		for (CompletableFuture<Optional<Answer>> call : List.of(CompletableFuture.supplyAsync(() -> first.ask(ADDRESS)),
				CompletableFuture.supplyAsync(() -> second.ask(ADDRESS)))) {
			heard.add(call.get());
		}
		assertThat(heard).containsExactlyInAnyOrder(Optional.of(Answer.accept()), Optional.empty());
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "MEMORY")
	@DisplayName("A question outlives the node that asked it, beside the logins of the user")
	void answerWhenTheNodeIsGoneIsHeardByAnother(Kind kind) throws Exception {
		start(kind, 2);
		Node first = this.nodes.get(0);
		Node second = this.nodes.get(1);
		assertThat(first.ask(ADDRESS)).isEmpty();
		Login login = first.login(LoginRequest.withoutBrowser());
		first.close();
		String question = second.waiting(KEY).get(0).id();
		McpOAuthEndpoint endpoint = new McpOAuthEndpoint(second.manager, second.questions);
		assertThat(Objects.requireNonNull(endpoint.server(GITHUB, null).block(PATIENCE)).questions()).singleElement()
			.satisfies((asked) -> assertThat(asked.flow()).isEqualTo(question));
		endpoint.perform(GITHUB, Action.DECLINE, null, question, null, null).block(PATIENCE);
		assertThat(second.newest().id()).isEqualTo(login.id());
		assertThat(second.ask(ADDRESS)).contains(Answer.decline());
		assertThat(second.newest().id()).isEqualTo(login.id());
	}

	private static String code(Page page) {
		Matcher matcher = Pattern.compile("WDJB-\\d+").matcher(page.body());
		assertThat(matcher.find()).isTrue();
		return matcher.group();
	}

	private void start(Kind kind, int count) {
		ReplicaStores shared = new ReplicaStores(kind, this.directory);
		this.stores = shared;
		for (int number = 0; number < count; number++) {
			Node node = new Node(shared.create());
			this.nodes.add(node);
			this.proxy.add(node.port());
		}
	}

	private Grant grant() {
		return Objects
			.requireNonNull(Objects.requireNonNull(this.nodes.get(0).store.load(KEY).block(PATIENCE)).grant());
	}

	private Page open() throws Exception {
		return this.browser.get(this.proxy.url().resolve(ConnectionsPage.PATH));
	}

	/**
	 * One node: a manager, and an application that serves its page.
	 */
	private final class Node implements AutoCloseable {

		private final BlockingQueue<McpOAuthEvent> events = new LinkedBlockingQueue<>();

		private final TokenStore store;

		private final McpOAuthManager manager;

		private final QuestionRegistry questions;

		private final ConnectionsApplication application;

		Node(TokenStore store) {
			this.store = store;
			this.questions = new QuestionRegistry(null,
					new QuestionSettings(QuestionSettings.DEFAULT_TIMEOUT, true, null), Clock.systemUTC(),
					this.events::add, WorkThreads.shared(), store.logins());
			this.manager = McpOAuthManager.builder()
				.server(McpServer.of(GITHUB, ConnectionsReplicasTests.this.mcpServer.url()))
				.store(store)
				.listener(this.events::add)
				.browser((url) -> false)
				.build();
			// Not Netty: an application that ends closes the event loops of the others
			this.application = ConnectionsApplication.start(WebApplicationType.SERVLET, this.manager, store,
					this.questions, "--mcp.oauth.web.allow-unprotected=true",
					"--mcp.oauth.web.external-url=" + ConnectionsReplicasTests.this.proxy.url());
		}

		String port() {
			return this.application.port();
		}

		McpOAuthProvider provider() {
			return this.manager.provider(KEY);
		}

		/**
		 * A call of a tool of this node, during which the server asks for an address.
		 */
		Optional<Answer> ask(String address) {
			return this.questions
				.ask(new Question.Url(UUID.randomUUID().toString(), KEY, "report", "Log in", Instant.MAX,
						QuestionUrl.of(address)))
				.blockOptional(PATIENCE);
		}

		List<Question.Url> waiting(GrantKey key) {
			return Objects.requireNonNull(this.questions.waiting(key).block(PATIENCE));
		}

		Login login(LoginRequest request) {
			return Objects.requireNonNull(provider().login(request).block(PATIENCE));
		}

		Login newest() {
			return Objects.requireNonNull(provider().logins().block(PATIENCE)).get(0);
		}

		/**
		 * Ask this node in the place of the balancer.
		 */
		int status(URI address, TestBrowser from) {
			URI here = URI.create(address.toString()
				.replace(ConnectionsReplicasTests.this.proxy.url().toString(), "http://127.0.0.1:" + port()));
			try {
				TestBrowser copy = new TestBrowser();
				copy.cookies().putAll(from.cookies());
				return copy.get(here).status();
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}

		@Override
		public void close() {
			ConnectionsReplicasTests.this.proxy.remove(port());
			ConnectionsReplicasTests.this.nodes.remove(this);
			this.application.close();
			this.manager.close();
		}

	}

}
