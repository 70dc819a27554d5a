// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.httpclient;

import java.io.IOException;
import java.net.Authenticator;
import java.net.ConnectException;
import java.net.CookieManager;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * The JDK's client with and without the filter.
 */
class FilteredHttpClientTests {

	private final TestHttpServer server = TestHttpServer.start();

	private final TestHttpServer other = TestHttpServer.start();

	private final List<Object> seen = new CopyOnWriteArrayList<>();

	private final ExchangeFilterFunction filter = (request, next) -> Mono.deferContextual((context) -> {
		this.seen.add(context.getOrDefault("who", "nobody"));
		return next.exchange(ClientRequest.from(request).header("X-Secret", "secret").build());
	});

	@AfterEach
	void close() {
		this.server.close();
		this.other.close();
	}

	@Test
	void sendWhenAddressIsFilteredPassesTheFilter() throws Exception {
		this.server.handle("/mcp", (request) -> Response.of(200, "text/plain", "hello"));
		HttpResponse<String> response = client(this.filter)
			.send(post(this.server.url("/mcp"), "{\"a\":1}").header("X-Own", "own").build(), BodyHandlers.ofString());
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("hello");
		assertThat(response.uri()).isEqualTo(this.server.url("/mcp"));
		assertThat(response.headers().firstValue("content-type")).hasValue("text/plain");
		Request request = this.server.requests().get(0);
		assertThat(request.body()).isEqualTo("{\"a\":1}");
		assertThat(request.header("X-Secret")).isEqualTo("secret");
		assertThat(request.header("X-Own")).isEqualTo("own");
		assertThat(request.header("Content-Length")).isEqualTo("7");
	}

	@Test
	void sendWhenAddressIsNotFilteredIsTheClientItself() throws Exception {
		this.other.handle("/elsewhere", (request) -> Response.redirect(this.other.url("/there").toString()));
		this.other.handle("/there", (request) -> Response.of(200, "text/plain", "hello"));
		HttpResponse<String> response = client(this.filter)
			.send(HttpRequest.newBuilder(this.other.url("/elsewhere")).build(), BodyHandlers.ofString());
		assertThat(response.body()).isEqualTo("hello");
		assertThat(response.previousResponse()).isPresent();
		assertThat(this.seen).isEmpty();
		assertThat(this.other.requests()).allSatisfy((request) -> assertThat(request.header("X-Secret")).isNull());
	}

	@Test
	@DisplayName("Law 11: what the filter adds goes to no redirect target")
	void sendWhenServerRedirectsDoesNotFollow() throws Exception {
		this.server.handle("/mcp", (request) -> Response.redirect(this.other.url("/there").toString()));
		HttpResponse<Void> response = client(this.filter).send(HttpRequest.newBuilder(this.server.url("/mcp")).build(),
				BodyHandlers.discarding());
		assertThat(response.statusCode()).isEqualTo(302);
		assertThat(response.body()).isNull();
		assertThat(this.other.requests()).isEmpty();
	}

	@Test
	void sendWhenFilterSendsTwiceSendsTheBodyTwice() throws Exception {
		this.server.handle("/mcp", (request) -> Response.of(200, "text/plain", "hello"));
		ExchangeFilterFunction twice = (request, next) -> next.exchange(request)
			.flatMap((response) -> response.releaseBody().then(next.exchange(request)));
		client(twice).send(post(this.server.url("/mcp"), "body").build(), BodyHandlers.discarding());
		assertThat(this.server.requests()).extracting(Request::body).containsExactly("body", "body");
	}

	@Test
	@DisplayName("X11: a body that can be read once is sent twice")
	void sendWhenFilterSendsTwiceAndTheBodyCanBeReadOnceSendsTheSameBody() throws Exception {
		this.server.handle("/mcp", (request) -> Response.of(200, "text/plain", "hello"));
		ExchangeFilterFunction twice = (request, next) -> next.exchange(request)
			.flatMap((response) -> response.releaseBody().then(next.exchange(request)));
		Sinks.Many<ByteBuffer> once = Sinks.many().unicast().onBackpressureBuffer();
		once.tryEmitNext(ByteBuffer.wrap("body".getBytes(StandardCharsets.UTF_8)));
		once.tryEmitComplete();
		HttpRequest request = HttpRequest.newBuilder(this.server.url("/mcp"))
			.POST(BodyPublishers.fromPublisher(JdkFlowAdapter.publisherToFlowPublisher(once.asFlux()), 4))
			.build();
		client(twice).send(request, BodyHandlers.discarding());
		assertThat(this.server.requests()).extracting(Request::body).containsExactly("body", "body");
	}

	@Test
	@DisplayName("X21: a body handler that throws does not leave the body unread")
	void sendWhenTheBodyHandlerThrowsReleasesTheBody() {
		this.server.handle("/mcp", (request) -> Response.of(200, "text/plain", "hello"));
		AtomicBoolean ended = new AtomicBoolean();
		ExchangeFilterFunction watching = (request, next) -> next.exchange(request)
			.map((response) -> response.mutate().body((body) -> body.doOnTerminate(() -> ended.set(true))).build());
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> client(watching).send(HttpRequest.newBuilder(this.server.url("/mcp")).build(), (head) -> {
				throw new IllegalStateException("no");
			}));
		assertThat(ended).isTrue();
	}

	@Test
	void sendAsyncWhenContextIsCarriedShowsItToTheFilter() throws Exception {
		this.server.handle("/mcp", (request) -> Response.of(200, "text/plain", "hello"));
		HttpRequest.Builder builder = post(this.server.url("/mcp"), "replaced");
		HttpRequest request = FilteredHttpClient.carry(Context.of("who", "me"), builder, "POST", "body").build();
		client(this.filter).sendAsync(request, BodyHandlers.ofString()).get(30, TimeUnit.SECONDS);
		assertThat(this.seen).containsExactly("me");
		assertThat(this.server.requests()).extracting(Request::body).containsExactly("body");
	}

	@Test
	void sendWhenNobodyIsThereFailsAsTheClientDoes() {
		URI url = this.server.url("/mcp");
		HttpClient client = client(this.filter);
		this.server.close();
		assertThatExceptionOfType(ConnectException.class)
			.isThrownBy(() -> client.send(HttpRequest.newBuilder(url).build(), BodyHandlers.discarding()));
	}

	@Test
	void sendWhenRequestTimesOutFailsAsTheClientDoes() {
		this.server.handle("/mcp", (request) -> Response.of(200, "text/plain", "hello"));
		TestHttpServer.Hold hold = this.server.hold("/mcp");
		assertThatExceptionOfType(HttpTimeoutException.class).isThrownBy(() -> client(this.filter).send(
				HttpRequest.newBuilder(this.server.url("/mcp")).timeout(Duration.ofMillis(200)).build(),
				BodyHandlers.discarding()));
		hold.release();
	}

	@Test
	void sendWhenFilterFailsFailsWithThat() {
		ExchangeFilterFunction failing = (request, next) -> Mono.error(new IllegalStateException("no"));
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> client(failing)
			.send(HttpRequest.newBuilder(this.server.url("/mcp")).build(), BodyHandlers.discarding()));
		ExchangeFilterFunction broken = (request, next) -> Mono.error(new IOException("no"));
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> client(broken)
			.send(HttpRequest.newBuilder(this.server.url("/mcp")).build(), BodyHandlers.discarding()));
	}

	@Test
	void cancelWhenAnswerIsAwaitedEndsTheExchange() throws Exception {
		CompletableFuture<Void> cancelled = new CompletableFuture<>();
		ExchangeFilterFunction waiting = (request, next) -> Mono.<ClientResponse>never()
			.doOnCancel(() -> cancelled.complete(null));
		CompletableFuture<HttpResponse<String>> answer = client(waiting)
			.sendAsync(HttpRequest.newBuilder(this.server.url("/mcp")).build(), BodyHandlers.ofString());
		answer.cancel(true);
		cancelled.get(30, TimeUnit.SECONDS);
	}

	@Test
	void sendWhenThreadIsInterruptedEndsTheExchange() throws Exception {
		CompletableFuture<Void> sent = new CompletableFuture<>();
		CompletableFuture<Void> cancelled = new CompletableFuture<>();
		ExchangeFilterFunction waiting = (request, next) -> Mono.<ClientResponse>never()
			.doOnSubscribe((subscription) -> sent.complete(null))
			.doOnCancel(() -> cancelled.complete(null));
		CompletableFuture<Throwable> failure = new CompletableFuture<>();
		Thread sender = new Thread(() -> {
			try {
				client(waiting).send(HttpRequest.newBuilder(this.server.url("/mcp")).build(),
						BodyHandlers.discarding());
			}
			catch (Exception ex) {
				failure.complete(ex);
			}
		});
		sender.start();
		sent.get(30, TimeUnit.SECONDS);
		sender.interrupt();
		assertThat(failure.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
		cancelled.get(30, TimeUnit.SECONDS);
	}

	@Test
	void sendAsyncWhenCallerTakesPushesFiltersTheSameRequests() throws Exception {
		this.server.handle("/mcp", (request) -> Response.of(200, "text/plain", "hello"));
		this.other.handle("/elsewhere", (request) -> Response.of(200, "text/plain", "hello"));
		PushPromiseHandler<String> pushes = PushPromiseHandler.of((request) -> BodyHandlers.ofString(),
				new ConcurrentHashMap<>());
		HttpClient client = client(this.filter);
		for (URI url : List.of(this.server.url("/mcp"), this.other.url("/elsewhere"))) {
			assertThat(client.sendAsync(HttpRequest.newBuilder(url).build(), BodyHandlers.ofString(), pushes)
				.get(30, TimeUnit.SECONDS)
				.body()).isEqualTo("hello");
		}
		assertThat(this.server.requests()).singleElement()
			.satisfies((request) -> assertThat(request.header("X-Secret")).isEqualTo("secret"));
		assertThat(this.other.requests()).singleElement()
			.satisfies((request) -> assertThat(request.header("X-Secret")).isNull());
	}

	@Test
	void buildWhenSettingsAreMadeOnTheReturnedBuilderUsesThem() throws Exception {
		CookieManager cookies = new CookieManager();
		ProxySelector proxy = ProxySelector.of(null);
		SSLContext ssl = SSLContext.getInstance("TLS");
		ssl.init(null, null, null);
		SSLParameters parameters = new SSLParameters();
		parameters.setProtocols(new String[] { "TLSv1.3" });
		Executor executor = Runnable::run;
		Authenticator authenticator = new Authenticator() {
		};
		HttpClient client = FilteredHttpClient.builder(HttpClient.newBuilder(), (uri) -> true, this.filter)
			.version(Version.HTTP_1_1)
			.connectTimeout(Duration.ofSeconds(7))
			.followRedirects(Redirect.ALWAYS)
			.cookieHandler(cookies)
			.proxy(proxy)
			.sslContext(ssl)
			.sslParameters(parameters)
			.executor(executor)
			.authenticator(authenticator)
			.build();
		assertThat(client.version()).isEqualTo(Version.HTTP_1_1);
		assertThat(client.connectTimeout()).hasValue(Duration.ofSeconds(7));
		assertThat(client.followRedirects()).isEqualTo(Redirect.ALWAYS);
		assertThat(client.cookieHandler()).containsSame(cookies);
		assertThat(client.proxy()).containsSame(proxy);
		assertThat(client.sslContext()).isSameAs(ssl);
		assertThat(client.sslParameters().getProtocols()).containsExactly("TLSv1.3");
		assertThat(client.executor()).containsSame(executor);
		assertThat(client.authenticator()).containsSame(authenticator);
	}

	@Test
	void buildWhenPriorityIsWrongFailsAsTheClientDoes() {
		HttpClient.Builder builder = FilteredHttpClient.builder(HttpClient.newBuilder(), (uri) -> true, this.filter);
		assertThatIllegalArgumentException().isThrownBy(() -> builder.priority(0));
		assertThat(builder.priority(7)).isSameAs(builder);
	}

	private HttpClient client(ExchangeFilterFunction filter) {
		String origin = this.server.url("/").toString();
		return FilteredHttpClient
			.builder(HttpClient.newBuilder().followRedirects(Redirect.ALWAYS),
					(uri) -> uri.toString().startsWith(origin), filter)
			.build();
	}

	private static HttpRequest.Builder post(URI url, String body) {
		return HttpRequest.newBuilder(url).POST(BodyPublishers.ofString(body));
	}

}
