// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.Blackhole;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpCookie;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.util.Assert;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.ExchangeStrategies;

/**
 * A tool call of an MCP client that goes through a filter to a stub. As at the end of a
 * WebClient, the request writes itself to a connection, which takes its headers and body
 * and answers at once.
 */
final class FilterCall {

	private static final ExchangeStrategies STRATEGIES = ExchangeStrategies.withDefaults();

	private static final DataBuffer BODY = DefaultDataBufferFactory.sharedInstance
		.wrap(Burst.BODY.getBytes(StandardCharsets.UTF_8));

	private final ExchangeFilterFunction filter;

	private final ClientRequest request;

	private final ExchangeFunction next;

	private @Nullable String authorization;

	private Supplier<Context> contexts = Context::empty;

	FilterCall(ExchangeFilterFunction filter, URI url) {
		this.filter = filter;
		this.request = ClientRequest.create(HttpMethod.POST, url)
			.header("Accept", "application/json, text/event-stream")
			.header("Content-Type", "application/json")
			.header("Mcp-Session-Id", "f3d1a6f0-5d1c-4f3e-9f5e-4c8a1f0f6b7d")
			.header("MCP-Protocol-Version", "2025-11-25")
			.body((connection, context) -> connection.writeWith(Mono.just(BODY)))
			.build();
		Mono<ClientResponse> answer = Mono.just(ClientResponse.create(HttpStatus.OK).build());
		this.next = (request) -> {
			Connection connection = new Connection(request);
			request.writeTo(connection, STRATEGIES).subscribe();
			this.authorization = connection.getHeaders().getFirst(HttpHeaders.AUTHORIZATION);
			return answer;
		};
	}

	/**
	 * Check that the filter does the measured work.
	 * @param blackhole takes the response
	 * @param authorization the header that the filter must set, or {@code null}
	 * @return this
	 */
	FilterCall checked(Blackhole blackhole, @Nullable String authorization) {
		perform(blackhole);
		Assert.state(Objects.equals(this.authorization, authorization), "The filter set no or another token");
		return this;
	}

	/**
	 * Make each call on behalf of a user.
	 * @param contexts gives the Reactor context of a call
	 * @return this
	 */
	FilterCall in(Supplier<Context> contexts) {
		this.contexts = contexts;
		return this;
	}

	void perform(Blackhole blackhole) {
		Answer answer = new Answer(blackhole, this.contexts.get());
		this.filter.filter(this.request, this.next).subscribe(answer);
		answer.await();
	}

	/**
	 * Takes the response on the thread that asked, and waits only where it comes on
	 * another one.
	 */
	private static final class Answer implements CoreSubscriber<ClientResponse> {

		private final Blackhole blackhole;

		private final Context context;

		private volatile boolean done;

		private volatile @Nullable Throwable failure;

		private volatile @Nullable CountDownLatch latch;

		Answer(Blackhole blackhole, Context context) {
			this.blackhole = blackhole;
			this.context = context;
		}

		@Override
		public Context currentContext() {
			return this.context;
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			subscription.request(Long.MAX_VALUE);
		}

		@Override
		public void onNext(ClientResponse response) {
			this.blackhole.consume(response);
		}

		@Override
		public void onError(Throwable failure) {
			this.failure = failure;
			onComplete();
		}

		@Override
		public void onComplete() {
			this.done = true;
			CountDownLatch latch = this.latch;
			if (latch != null) {
				latch.countDown();
			}
		}

		void await() {
			if (!this.done) {
				CountDownLatch latch = new CountDownLatch(1);
				this.latch = latch;
				if (!this.done) {
					await(latch);
				}
			}
			if (this.failure != null) {
				throw new IllegalStateException(this.failure);
			}
		}

		private static void await(CountDownLatch latch) {
			try {
				if (!latch.await(Patience.LONG.toSeconds(), TimeUnit.SECONDS)) {
					throw new IllegalStateException("No answer");
				}
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

	/**
	 * A connection that reads the headers and the body that are written to it.
	 */
	private static final class Connection implements ClientHttpRequest {

		private final ClientRequest request;

		private final HttpHeaders headers = new HttpHeaders();

		private final Map<String, Object> attributes = new HashMap<>();

		private final MultiValueMap<String, HttpCookie> cookies = new LinkedMultiValueMap<>();

		Connection(ClientRequest request) {
			this.request = request;
		}

		@Override
		public HttpMethod getMethod() {
			return this.request.method();
		}

		@Override
		public URI getURI() {
			return this.request.url();
		}

		@Override
		public HttpHeaders getHeaders() {
			return this.headers;
		}

		@Override
		public Map<String, Object> getAttributes() {
			return this.attributes;
		}

		@Override
		public MultiValueMap<String, HttpCookie> getCookies() {
			return this.cookies;
		}

		@Override
		@SuppressWarnings({ "unchecked", "TypeParameterUnusedInFormals" }) // as the
																			// interface
																			// has it
		public <T> T getNativeRequest() {
			return (T) this;
		}

		@Override
		public DataBufferFactory bufferFactory() {
			return DefaultDataBufferFactory.sharedInstance;
		}

		@Override
		public void beforeCommit(Supplier<? extends Mono<Void>> action) {
			throw new UnsupportedOperationException();
		}

		@Override
		public boolean isCommitted() {
			return false;
		}

		@Override
		public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
			return Mono.from(body).then();
		}

		@Override
		public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
			throw new UnsupportedOperationException();
		}

		@Override
		public Mono<Void> setComplete() {
			return Mono.empty();
		}

	}

}
