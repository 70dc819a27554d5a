// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.Blackhole;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.util.Assert;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * A tool call of an MCP client that goes through a filter to a stub, which looks for the
 * token and answers at once.
 */
final class FilterCall {

	private final ExchangeFilterFunction filter;

	private final ClientRequest request;

	private final ExchangeFunction next;

	private @Nullable String authorization;

	FilterCall(ExchangeFilterFunction filter, URI url) {
		this(filter, url, true);
	}

	/**
	 * Create a call.
	 * @param filter the filter
	 * @param url where to
	 * @param looking whether the stub looks for the token. The end of a WebClient does
	 * not: it has the request write itself to the connection
	 */
	FilterCall(ExchangeFilterFunction filter, URI url, boolean looking) {
		this.filter = filter;
		this.request = ClientRequest.create(HttpMethod.POST, url)
			.header("Accept", "application/json, text/event-stream")
			.header("Content-Type", "application/json")
			.header("Mcp-Session-Id", "f3d1a6f0-5d1c-4f3e-9f5e-4c8a1f0f6b7d")
			.header("MCP-Protocol-Version", "2025-11-25")
			.body(BodyInserters.fromValue(Map.of("jsonrpc", "2.0", "method", "tools/call")))
			.build();
		Mono<ClientResponse> answer = Mono.just(ClientResponse.create(HttpStatus.OK).build());
		this.next = (request) -> {
			this.authorization = looking ? request.headers().getFirst(HttpHeaders.AUTHORIZATION) : null;
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

	void perform(Blackhole blackhole) {
		Answer answer = new Answer(blackhole);
		this.filter.filter(this.request, this.next).subscribe(answer);
		answer.await();
	}

	/**
	 * Takes the response on the thread that asked, and waits only where it comes on
	 * another one.
	 */
	private static final class Answer implements CoreSubscriber<ClientResponse> {

		private final Blackhole blackhole;

		private volatile boolean done;

		private volatile @Nullable Throwable failure;

		private volatile @Nullable CountDownLatch latch;

		Answer(Blackhole blackhole) {
			this.blackhole = blackhole;
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

}
