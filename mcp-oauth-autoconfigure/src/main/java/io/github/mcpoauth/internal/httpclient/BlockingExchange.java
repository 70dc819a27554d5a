// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.httpclient;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.github.mcpoauth.internal.work.WorkThreads;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;
import org.springframework.http.client.support.HttpRequestWrapper;
import org.springframework.util.Assert;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeStrategies;

/**
 * One request of a blocking client that passes a filter of a WebClient. Whichever thread
 * the filter goes on with, the request is sent by the thread of the caller, which runs
 * such tasks until the filter has an answer.
 */
final class BlockingExchange {

	private static final ExchangeStrategies STRATEGIES = ExchangeStrategies.withDefaults();

	private final HttpRequest request;

	private final byte[] body;

	private final @Nullable ClientHttpRequestInterceptor next;

	private final ClientHttpRequestExecution execution;

	/**
	 * The tasks of the caller's thread.
	 */
	private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

	/**
	 * The last response, unless the filter has released it.
	 */
	private final AtomicReference<@Nullable ClientHttpResponse> open = new AtomicReference<>();

	/**
	 * Create an exchange.
	 * @param request the request
	 * @param body its body
	 * @param next runs between the filter and the execution, or {@code null}
	 * @param execution sends the request
	 */
	BlockingExchange(HttpRequest request, byte[] body, @Nullable ClientHttpRequestInterceptor next,
			ClientHttpRequestExecution execution) {
		this.request = request;
		this.body = body;
		this.next = next;
		this.execution = execution;
	}

	/**
	 * Send the request.
	 * @param filter the filter that it passes
	 * @param longestWait how long to wait for the filter, each time
	 * @return the response
	 * @throws IOException if sending fails, or if the wait ends without a response.
	 * Exceptions of the filter are thrown as they are
	 */
	ClientHttpResponse send(ExchangeFilterFunction filter, Duration longestWait) throws IOException {
		CompletableFuture<ClientResponse> answer = Mono.defer(() -> filter.filter(clientRequest(), this::exchange))
			.contextCapture()
			// Wakes this thread. The future is complete by then
			.doFinally((signal) -> this.tasks.add(() -> {
			}))
			.toFuture();
		ClientHttpResponse response = null;
		try {
			while (!answer.isDone()) {
				Runnable task = this.tasks.poll(longestWait.toNanos(), TimeUnit.NANOSECONDS);
				if (task == null) {
					throw new SocketTimeoutException(
							"The request was not sent within %d s".formatted(longestWait.toSeconds()));
				}
				task.run();
			}
			answer.get();
			response = this.open.getAndSet(null);
			Assert.state(response != null, "The filter must return a response that it has not released");
			return response;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new InterruptedIOException("Interrupted while the request waited to be sent");
		}
		catch (ExecutionException ex) {
			throw unchecked(ex.getCause());
		}
		finally {
			if (response == null) {
				answer.cancel(true);
				close(this.open.get());
			}
		}
	}

	private static RuntimeException unchecked(@Nullable Throwable failure) throws IOException {
		if (failure instanceof RuntimeException unchecked) {
			return unchecked;
		}
		if (failure instanceof Error error) {
			throw error;
		}
		throw (failure instanceof IOException io) ? io : new IOException(failure);
	}

	private ClientRequest clientRequest() {
		ClientRequest.Builder builder = ClientRequest.create(this.request.getMethod(), this.request.getURI())
			.headers((headers) -> headers.addAll(this.request.getHeaders()))
			.attributes((attributes) -> attributes.putAll(this.request.getAttributes()));
		if (this.body.length > 0) {
			builder.body((message, context) -> message
				.writeWith(Mono.fromSupplier(() -> message.bufferFactory().wrap(this.body))));
		}
		return builder.build();
	}

	private Mono<ClientResponse> exchange(ClientRequest sent) {
		return Mono.create((sink) -> this.tasks.add(() -> {
			try {
				sink.success(execute(sent));
			}
			catch (IOException | RuntimeException | Error ex) {
				sink.error(ex);
			}
		}));
	}

	private ClientResponse execute(ClientRequest sent) throws IOException {
		HttpRequest request = new Sent(this.request, sent.method(), sent.url(), copy(sent.headers()));
		ClientHttpResponse response = (this.next != null)
				? this.next.intercept(request, this.body, (last, body) -> write(sent, last, body))
				: write(sent, request, this.body);
		this.open.set(response);
		return ClientResponse.create(response.getStatusCode(), STRATEGIES)
			.headers((headers) -> headers.addAll(response.getHeaders()))
			.body(release(response))
			.build();
	}

	/**
	 * The body of a response in place of its data, which the filter does not look at.
	 */
	private Flux<DataBuffer> release(ClientHttpResponse response) {
		// To close is to read the rest: on another thread the filter can end its wait
		return Mono.<DataBuffer>fromRunnable(() -> {
			if (this.open.compareAndSet(response, null)) {
				close(response);
			}
		}).subscribeOn(WorkThreads.shared().blocking()).flux();
	}

	private static void close(@Nullable ClientHttpResponse response) {
		if (response != null) {
			response.close();
		}
	}

	/**
	 * Send a request with the headers that are written together with its body.
	 */
	private ClientHttpResponse write(ClientRequest sent, HttpRequest request, byte[] body) throws IOException {
		HeaderRecorder recorder = new HeaderRecorder(request);
		sent.writeTo(recorder, STRATEGIES).block();
		HttpHeaders headers = copy(request.getHeaders());
		recorder.getHeaders().forEach((name, values) -> {
			// A header of the request that is gone by now was removed by an interceptor
			if (!sent.headers().containsHeader(name)) {
				headers.put(name, values);
			}
		});
		return this.execution.execute(new Sent(request, request.getMethod(), request.getURI(), headers), body);
	}

	private static HttpHeaders copy(HttpHeaders headers) {
		HttpHeaders copy = new HttpHeaders();
		copy.addAll(headers);
		return copy;
	}

	/**
	 * The caller's request as it is sent this time, with its attributes.
	 */
	private static final class Sent extends HttpRequestWrapper {

		private final HttpMethod method;

		private final URI url;

		private final HttpHeaders headers;

		Sent(HttpRequest request, HttpMethod method, URI url, HttpHeaders headers) {
			super(request);
			this.method = method;
			this.url = url;
			this.headers = headers;
		}

		@Override
		public HttpMethod getMethod() {
			return this.method;
		}

		@Override
		public URI getURI() {
			return this.url;
		}

		@Override
		public HttpHeaders getHeaders() {
			return this.headers;
		}

	}

}
