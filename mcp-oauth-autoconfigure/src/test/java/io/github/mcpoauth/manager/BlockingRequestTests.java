// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.InsufficientScopeException;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.testing.ProofVerifier;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Hold;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import io.github.mcpoauth.testing.TestMcpServer;
import io.github.mcpoauth.webclient.RequestAttributes;
import io.micrometer.context.ContextRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.client.ReactorClientHttpRequestFactory;
import org.springframework.http.client.SimpleClientHttpRequestFactory;
import org.springframework.http.client.support.HttpRequestWrapper;
import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for requests of blocking clients below a server's URL, over real HTTP.
 */
class BlockingRequestTests {

	private static final String TOKEN = TestAuthorizationServer.TOKEN;

	private static final ThreadLocal<String> CALLER = new ThreadLocal<>();

	private static final List<ClientHttpRequestFactory> FACTORIES = List.of(new JdkClientHttpRequestFactory(),
			new ReactorClientHttpRequestFactory(), new SimpleClientHttpRequestFactory());

	private ManagerFixture fixture = new ManagerFixture();

	private final ExecutorService callers = Executors.newCachedThreadPool();

	@AfterEach
	void stop() {
		this.callers.shutdownNow();
		this.fixture.close();
	}

	@ParameterizedTest
	@FieldSource("FACTORIES")
	void requestWhenThereIsATokenCarriesIt(ClientHttpRequestFactory factory) {
		Grant grant = this.fixture.grant();
		String body = post(client(factory));
		assertThat(body).contains("\"echo\"");
		assertThat(sentTokens()).containsExactly("Bearer " + grant.accessToken().reveal());
		assertThat(requests().get(0).body()).isEqualTo(ManagerFixture.ECHO);
	}

	@Test
	void requestOfRestTemplateWhenThereIsATokenCarriesIt() {
		RestTemplate template = new RestTemplate();
		template.getInterceptors().add(this.fixture.manager.interceptor("github"));
		assertThatExceptionOfType(LoginRequiredException.class)
			.isThrownBy(() -> template.postForObject(this.fixture.url(), Map.of("id", 1), String.class));
		Grant grant = this.fixture.revokedGrant();
		assertThat(template.postForObject(this.fixture.url(), Map.of("id", 1), String.class)).contains("jsonrpc");
		assertThat(sentTokens()).startsWith(null, "Bearer " + grant.accessToken().reveal()).hasSize(3);
	}

	static Stream<Arguments> factoriesAndMethods() {
		return FACTORIES.stream()
			.flatMap((factory) -> Stream.of("GET", "DELETE", "POST").map((method) -> Arguments.of(factory, method)));
	}

	@ParameterizedTest
	@MethodSource("factoriesAndMethods")
	void requestWhenTheTokenWasRevokedIsRecoveredWhateverItsMethod(ClientHttpRequestFactory factory, String method) {
		this.fixture.revokedGrant();
		RestClient.RequestBodySpec request = client(factory).method(HttpMethod.valueOf(method)).uri(this.fixture.url());
		if (method.equals("POST")) {
			request.contentType(MediaType.APPLICATION_JSON).body(ManagerFixture.ECHO);
		}
		HttpStatusCode status = request.exchange((sent, response) -> response.getStatusCode());
		assertThat(status.value()).isIn(200, 204, 405);
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(1);
		assertThat(requests()).hasSize(2).extracting(Request::body).containsOnly(requests().get(0).body());
	}

	@Test
	@DisplayName("F3: 50 parallel 401s make one token request and two sends each")
	void requestWhenFiftyMeetA401MakesOneTokenRequest() throws Exception {
		this.fixture.revokedGrant();
		Hold hold = this.fixture.mcpServer.http().hold(TestMcpServer.MCP);
		RestClient client = client();
		List<Future<String>> calls = new ArrayList<>();
		for (int number = 0; number < 50; number++) {
			calls.add(this.callers.submit(() -> post(client)));
		}
		hold.await(50).release();
		for (Future<String> call : calls) {
			assertThat(call.get(30, TimeUnit.SECONDS)).contains("\"echo\"");
		}
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(1);
		assertThat(this.fixture.sends()).isEqualTo(100);
	}

	@Test
	@DisplayName("Law 8: one replay for auth per request")
	void requestWhenRejectedAgainFails() {
		this.fixture.grant();
		this.fixture.mcpServer.http().handle(TestMcpServer.MCP, Answer.of(401, "text/plain", "no"));
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(() -> post(client()))
			.withMessageContaining("Run `mcp login github`");
		assertThat(this.fixture.sends()).isEqualTo(2);
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(1);
	}

	@Test
	@DisplayName("Law 9: a login that is needed is an exception of its own, and a later login is used")
	void requestWhenALoginIsNeededFailsUntilThereIsOne() {
		assertThatExceptionOfType(LoginRequiredException.class).isThrownBy(() -> post(client()))
			.satisfies((ex) -> assertThat(ex.needsReauth().toMap()).containsEntry("server", "github"));
		assertThat(sentTokens()).as("the server is asked without a token").containsExactly((String) null);
		this.fixture.grant();
		assertThat(post(client())).contains("\"echo\"");
	}

	@Test
	void requestWhenTheTokenCannotBeRenewedNowFailsAsTransient() {
		this.fixture.revokedGrant();
		this.fixture.authorizationServer.http().handle(TOKEN, Answer.status(503));
		assertThatExceptionOfType(TransientAuthorizationException.class).isThrownBy(() -> post(client()));
	}

	@Test
	void requestWhenTheServerIsAwayFailsAsTheClientDoes() {
		this.fixture.grant();
		this.fixture.mcpServer.http().handle(TestMcpServer.MCP, Answer.dropped());
		assertThatExceptionOfType(ResourceAccessException.class).isThrownBy(() -> post(client()));
	}

	@Test
	@DisplayName("F18: a 403 for want of scopes is a typed error, another 403 is the server's last word")
	void requestWhenScopesAreMissingFailsWithThem() {
		this.fixture.grant();
		this.fixture.mcpServer.http()
			.next(TestMcpServer.MCP,
					Answer.of(Response.of(403, "text/plain", "no")
						.header("WWW-Authenticate",
								"Bearer error=\"insufficient_scope\", scope=\"write\", resource_metadata=\"%s\""
									.formatted(this.fixture.mcpServer.http().url(TestMcpServer.METADATA)))),
					Answer.of(403, "text/plain", "the reason"));
		assertThatExceptionOfType(InsufficientScopeException.class).isThrownBy(() -> post(client()))
			.withMessageContaining("'write'");
		assertThatExceptionOfType(HttpClientErrorException.Forbidden.class).isThrownBy(() -> post(client()))
			.satisfies((ex) -> assertThat(ex.getResponseBodyAsString()).isEqualTo("the reason"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "POST", "GET" })
	void requestWhenTokenIsBoundProvesIt(String method) {
		ProofVerifier proofs = this.fixture.boundGrant(DPoPKey.generate("ES256", this.fixture.clock));
		for (int call = 0; call < 2; call++) {
			client().method(HttpMethod.valueOf(method))
				.uri(this.fixture.url())
				.contentType(MediaType.APPLICATION_JSON)
				.body(ManagerFixture.ECHO)
				.exchange((sent, response) -> response.getStatusCode());
		}
		assertThat(this.fixture.mcpServer.unauthorized()).isZero();
		assertThat(proofs.accepted()).hasSize(2).extracting(ProofVerifier.Proof::jti).doesNotHaveDuplicates();
		assertThat(requests()).allSatisfy((request) -> assertThat(request.header("Authorization"))
			.isEqualTo("DPoP " + this.fixture.stored().accessToken().reveal()));
	}

	@Test
	@DisplayName("Law 11: a request elsewhere passes through untouched, on any thread")
	void requestWhenElsewhereIsUntouched() {
		this.fixture.grant();
		try (TestHttpServer elsewhere = TestHttpServer.start()) {
			elsewhere.handle("/mcp", Answer.status(401));
			assertThatExceptionOfType(HttpClientErrorException.Unauthorized.class)
				.isThrownBy(() -> client().get().uri(elsewhere.url("/mcp")).retrieve().body(String.class));
			assertThat(elsewhere.requests()).singleElement()
				.satisfies((request) -> assertThat(request.header("Authorization")).isNull());
			Mono<Integer> onEventLoop = Mono.fromCallable(() -> client().get()
				.uri(elsewhere.url("/mcp"))
				.exchange((request, response) -> response.getStatusCode().value()));
			assertThat(onEventLoop.subscribeOn(Schedulers.parallel()).block(ManagerFixture.PATIENCE)).isEqualTo(401);
		}
		URI sibling = URI.create(this.fixture.url() + "-evil");
		client().get().uri(sibling).exchange((request, response) -> response.getStatusCode());
		assertThat(this.fixture.mcpServer.http().requests("/mcp-evil")).singleElement()
			.satisfies((request) -> assertThat(request.header("Authorization")).isNull());
	}

	@Test
	void requestWhenTheCallerSetAnAuthorizationHeaderIsTheirs() {
		this.fixture.grant();
		assertThatExceptionOfType(HttpClientErrorException.Unauthorized.class).isThrownBy(() -> client().get()
			.uri(this.fixture.url())
			.header(HttpHeaders.AUTHORIZATION, "Bearer own")
			.retrieve()
			.toBodilessEntity());
		assertThat(sentTokens()).containsExactly("Bearer own");
	}

	@Test
	@DisplayName("Law 11: interceptors that follow see no token, and a rewritten address gets none")
	void requestWhenAnInterceptorRewritesTheAddressCarriesNoToken() {
		this.fixture.grant();
		List<@Nullable String> seen = new CopyOnWriteArrayList<>();
		ClientHttpRequestInterceptor spy = (request, body, execution) -> {
			seen.add(request.getHeaders().getFirst(HttpHeaders.AUTHORIZATION));
			return execution.execute(request, body);
		};
		try (TestHttpServer elsewhere = TestHttpServer.start()) {
			elsewhere.handle("/mcp", Answer.status(401));
			ClientHttpRequestInterceptor rewrite = (request, body, execution) -> execution
				.execute(new HttpRequestWrapper(request) {

					@Override
					public URI getURI() {
						return elsewhere.url("/mcp");
					}

				}, body);
			RestClient client = client().mutate().requestInterceptor(spy).requestInterceptor(rewrite).build();
			assertThatExceptionOfType(HttpClientErrorException.Unauthorized.class).isThrownBy(() -> post(client));
			assertThat(elsewhere.requests()).singleElement()
				.satisfies((request) -> assertThat(request.header("Authorization")).isNull());
		}
		assertThat(post(client().mutate().requestInterceptor(spy).build())).contains("\"echo\"");
		assertThat(seen).hasSize(2).containsOnlyNulls();
		assertThat(sentTokens()).singleElement().asString().startsWith("Bearer ");
	}

	@Test
	@DisplayName("The caller's thread sends each request, and other interceptors see each")
	void requestWhenRecoveredIsSentByTheCallersThread() {
		this.fixture.revokedGrant();
		List<Thread> senders = new CopyOnWriteArrayList<>();
		RestClient client = client().mutate().requestInterceptor((request, body, execution) -> {
			senders.add(Thread.currentThread());
			request.getHeaders().set("X-Added", "yes");
			request.getHeaders().remove("X-Own");
			return execution.execute(request, body);
		}).defaultHeader("X-Own", "own").build();
		assertThat(post(client)).contains("\"echo\"");
		assertThat(senders).containsExactly(Thread.currentThread(), Thread.currentThread());
		assertThat(requests()).hasSize(2).allSatisfy((request) -> {
			assertThat(request.header("X-Added")).isEqualTo("yes");
			assertThat(request.header("X-Own")).isNull();
		});
	}

	@Test
	@DisplayName("Law 11: a redirect below the address is followed, one elsewhere fails")
	void requestWhenRedirectedCarriesTheTokenBelowTheAddressOnly() {
		Grant grant = this.fixture.grant();
		try (TestHttpServer elsewhere = TestHttpServer.start()) {
			TestHttpServer http = this.fixture.mcpServer.http();
			http.handle("/mcp/v2", Answer.of(200, "text/plain", "moved"));
			http.next(TestMcpServer.MCP, redirect("/mcp/v2"), redirect(elsewhere.url("/mcp").toString()));
			assertThat(post(client())).isEqualTo("moved");
			assertThat(http.requests("/mcp/v2")).singleElement().satisfies((request) -> {
				assertThat(request.header("Authorization")).isEqualTo("Bearer " + grant.accessToken().reveal());
				assertThat(request.body()).isEqualTo(ManagerFixture.ECHO);
			});
			assertThatExceptionOfType(McpOAuthException.class).isThrownBy(() -> post(client()))
				.withMessageContaining("mcp.servers.github.url");
			assertThat(elsewhere.requests()).isEmpty();
		}
	}

	private static Answer redirect(String location) {
		return Answer.of(new Response(307, Map.of("Location", List.of(location)), "", Response.Kind.COMPLETE));
	}

	@Test
	@DisplayName("Law 10: an event loop is never blocked")
	void requestWhenOnAnEventLoopIsRefused() {
		this.fixture.grant();
		Scheduler eventLoop = Schedulers.newSingle("loop");
		try {
			assertThatIllegalStateException().isThrownBy(
					() -> Mono.fromCallable(() -> post(client())).subscribeOn(eventLoop).block(ManagerFixture.PATIENCE))
				.withMessageContaining("use a WebClient")
				.withMessageContaining("'loop-");
		}
		finally {
			eventLoop.dispose();
		}
		assertThat(this.fixture.sends()).isZero();
	}

	@ParameterizedTest
	@FieldSource("FACTORIES")
	@DisplayName("The rest of a 401 is waited for briefly")
	void requestWhenTheBodyOfA401NeverEndsIsRecovered(ClientHttpRequestFactory factory) {
		this.fixture.revokedGrant();
		this.fixture.mcpServer.http()
			.next(TestMcpServer.MCP, Answer.of(new Response(401, Map.of(), "no", Response.Kind.STREAM)));
		assertThat(post(client(factory))).contains("\"echo\"");
	}

	@Test
	@DisplayName("Law 1: an interrupted caller leaves, and the refresh goes on to its end")
	void requestWhenInterruptedLeavesTheRefreshAlone() throws Exception {
		Grant grant = this.fixture.revokedGrant();
		Hold hold = this.fixture.authorizationServer.http().hold(TOKEN);
		CompletableFuture<Thread> caller = new CompletableFuture<>();
		Future<Boolean> call = this.callers.submit(() -> {
			caller.complete(Thread.currentThread());
			assertThatExceptionOfType(ResourceAccessException.class).isThrownBy(() -> post(client()))
				.withCauseInstanceOf(InterruptedIOException.class);
			return Thread.interrupted();
		});
		hold.await(1);
		caller.get().interrupt();
		assertThat(call.get(10, TimeUnit.SECONDS)).as("still interrupted").isTrue();
		hold.release();
		assertThat(post(client())).contains("\"echo\"");
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(1);
		assertThat(this.fixture.stored()).isNotEqualTo(grant);
	}

	@Test
	@DisplayName("Principals: the user is determined on the caller's thread, or named by the request")
	void requestWhenThereArePrincipalsCarriesTheTokenOfTheCaller() {
		this.fixture.close();
		this.fixture = new ManagerFixture((server, context) -> Mono.justOrEmpty(CALLER.get()).map(server::key));
		Grant alices = this.fixture.grant(GrantKey.of("github", "alice"));
		Grant bobs = this.fixture.grant(GrantKey.of("github", "bob"));
		assertThatExceptionOfType(PrincipalRequiredException.class).isThrownBy(() -> post(client()));
		CALLER.set("alice");
		try {
			post(client());
			client().post()
				.uri(this.fixture.url())
				.attribute(RequestAttributes.GRANT, GrantKey.of("github", "bob"))
				.contentType(MediaType.APPLICATION_JSON)
				.body(ManagerFixture.ECHO)
				.retrieve()
				.toBodilessEntity();
		}
		finally {
			CALLER.remove();
		}
		assertThat(sentTokens()).containsExactly("Bearer " + alices.accessToken().reveal(),
				"Bearer " + bobs.accessToken().reveal());
	}

	@Test
	@DisplayName("Principals: thread-locals that the context library carries are in the Reactor context")
	void requestWhenThreadLocalsAreRegisteredIsInTheirContext() {
		this.fixture.close();
		this.fixture = new ManagerFixture(PrincipalResolver.fromContext("caller"));
		Grant alices = this.fixture.grant(GrantKey.of("github", "alice"));
		ContextRegistry.getInstance().registerThreadLocalAccessor("caller", CALLER);
		CALLER.set("alice");
		try {
			post(client());
		}
		finally {
			CALLER.remove();
			ContextRegistry.getInstance().removeThreadLocalAccessor("caller");
		}
		assertThat(sentTokens()).containsExactly("Bearer " + alices.accessToken().reveal());
	}

	@Test
	void interceptorWhenTheServerIsUnknownFails() {
		assertThatExceptionOfType(UnknownServerException.class)
			.isThrownBy(() -> this.fixture.manager.interceptor("unknown"));
	}

	@Test
	void requestOfTheJdkClientIsAuthorizedAndRecovered() throws Exception {
		HttpClient client = this.fixture.manager.httpClient("github", HttpClient.newBuilder()).build();
		HttpRequest request = HttpRequest.newBuilder(this.fixture.url())
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(ManagerFixture.ECHO))
			.build();
		assertThatExceptionOfType(LoginRequiredException.class)
			.isThrownBy(() -> client.send(request, BodyHandlers.ofString()));
		this.fixture.revokedGrant();
		HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
		assertThat(response.body()).contains("\"echo\"");
		assertThat(this.fixture.authorizationServer.refreshes()).isEqualTo(1);
		this.fixture.authorizationServer.revokeGrant(this.fixture.stored().accessToken());
		assertThatExceptionOfType(ExecutionException.class)
			.isThrownBy(() -> client.sendAsync(request, BodyHandlers.ofString()).get(30, TimeUnit.SECONDS))
			.withCauseInstanceOf(LoginRequiredException.class);
	}

	private RestClient client() {
		return client(FACTORIES.get(0));
	}

	private RestClient client(ClientHttpRequestFactory factory) {
		return RestClient.builder()
			.requestFactory(factory)
			.requestInterceptor(this.fixture.manager.interceptor("github"))
			.build();
	}

	private @Nullable String post(RestClient client) {
		return client.post()
			.uri(this.fixture.url())
			.contentType(MediaType.APPLICATION_JSON)
			.body(ManagerFixture.ECHO)
			.retrieve()
			.body(String.class);
	}

	private List<Request> requests() {
		return this.fixture.mcpServer.http().requests(TestMcpServer.MCP);
	}

	private List<@Nullable String> sentTokens() {
		return requests().stream().<@Nullable String>map((request) -> request.header("Authorization")).toList();
	}

}
