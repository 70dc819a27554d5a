// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.httpclient;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

import javax.net.ssl.SSLSession;

import org.jspecify.annotations.Nullable;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpMethod;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.client.reactive.JdkClientHttpConnector;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunctions;
import org.springframework.web.reactive.function.client.WebClientRequestException;

/**
 * One request of the JDK's client that passes a filter of a WebClient.
 *
 * @param <T> the type of the body of its answer
 */
final class FilteredExchange<T> {

	/**
	 * A longer body is sent as a stream, which the filter cannot send again.
	 */
	private static final int LARGEST_VALUE = 16 * 1024 * 1024;

	private final HttpClient client;

	private final HttpRequest request;

	private final BodyHandler<T> handler;

	/**
	 * Create an exchange.
	 * @param client sends the request
	 * @param request the request
	 * @param handler takes the answer
	 */
	FilteredExchange(HttpClient client, HttpRequest request, BodyHandler<T> handler) {
		this.client = client;
		this.request = request;
		this.handler = handler;
	}

	/**
	 * Send the request.
	 * @param filter the filter that it passes
	 * @return a mono with the answer. It fails as the client does, and as the filter does
	 */
	Mono<HttpResponse<T>> send(ExchangeFilterFunction filter) {
		JdkClientHttpConnector connector = new JdkClientHttpConnector(this.client);
		this.request.timeout().ifPresent(connector::setReadTimeout);
		return Mono.defer(() -> filter.filter(clientRequest(), ExchangeFunctions.create(connector)))
			.flatMap(this::answer)
			.onErrorMap(WebClientRequestException.class, FilteredExchange::cause)
			.contextWrite((context) -> context.putAll(context()));
	}

	private static Throwable cause(WebClientRequestException failure) {
		return (failure.getCause() != null) ? failure.getCause() : failure;
	}

	private ContextView context() {
		return (this.request.bodyPublisher().orElse(null) instanceof ContextBody body) ? body.context()
				: Context.empty();
	}

	private ClientRequest clientRequest() {
		ClientRequest.Builder builder = ClientRequest
			.create(HttpMethod.valueOf(this.request.method()), this.request.uri())
			.headers((headers) -> this.request.headers().map().forEach(headers::addAll));
		BodyPublisher body = this.request.bodyPublisher().orElse(null);
		if (body != null && body.contentLength() != 0) {
			AtomicReference<byte @Nullable []> buffered = new AtomicReference<>();
			builder.body((message, context) -> write(body, buffered, message));
		}
		return builder.build();
	}

	/**
	 * A body of known length is read once and kept: a publisher may be good for one
	 * subscription only, and the filter may send the request again.
	 */
	private static Mono<Void> write(BodyPublisher body, AtomicReference<byte @Nullable []> buffered,
			ReactiveHttpOutputMessage message) {
		byte[] known = buffered.get();
		if (known != null) {
			message.getHeaders().setContentLength(known.length);
			return message.writeWith(Mono.fromSupplier(() -> message.bufferFactory().wrap(known)));
		}
		Flux<DataBuffer> buffers = JdkFlowAdapter.flowPublisherToFlux(body).map(message.bufferFactory()::wrap);
		long length = body.contentLength();
		if (length < 0) {
			return message.writeWith(buffers);
		}
		message.getHeaders().setContentLength(length);
		return message.writeWith((length <= LARGEST_VALUE)
				? DataBufferUtils.join(buffers).doOnNext((all) -> buffered.set(copy(all))) : buffers);
	}

	private static byte[] copy(DataBuffer all) {
		byte[] bytes = new byte[all.readableByteCount()];
		ByteBuffer copy = ByteBuffer.wrap(bytes);
		all.toByteBuffer(copy);
		return bytes;
	}

	private Mono<HttpResponse<T>> answer(ClientResponse response) {
		Map<String, List<String>> values = new HashMap<>();
		response.headers().asHttpHeaders().forEach(values::put);
		Head head = new Head(response.statusCode().value(), HttpHeaders.of(values, (name, value) -> true),
				this.client.version());
		return Mono.defer(() -> {
			BodySubscriber<T> subscriber;
			try {
				subscriber = this.handler.apply(head);
			}
			catch (RuntimeException ex) {
				// Without this the connection would wait for ever for its body to be read
				return response.releaseBody().onErrorComplete().then(Mono.error(ex));
			}
			AnswerBody body = new AnswerBody(
					response.body(BodyExtractors.toDataBuffers()).map(FilteredExchange::bytes));
			JdkFlowAdapter.publisherToFlowPublisher(body.flux()).subscribe(subscriber);
			if (!subscriber.getBody().toCompletableFuture().isDone()) {
				body.open();
			}
			return Mono.fromCompletionStage(
					subscriber.getBody().thenApply((read) -> new ReadResponse<>(this.request, head, body.open(read))));
		});
	}

	private static List<ByteBuffer> bytes(DataBuffer buffer) {
		try {
			ByteBuffer copy = ByteBuffer.allocate(buffer.readableByteCount());
			buffer.toByteBuffer(copy);
			return List.of(copy);
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

	/**
	 * The status and the headers of an answer.
	 */
	private record Head(int statusCode, HttpHeaders headers, HttpClient.Version version) implements ResponseInfo {
	}

	/**
	 * An answer. The request in it is the one that was asked to be sent.
	 */
	private record ReadResponse<T>(HttpRequest request, Head head, @Nullable T read) implements HttpResponse<T> {

		@Override
		public int statusCode() {
			return this.head.statusCode();
		}

		@Override
		public HttpHeaders headers() {
			return this.head.headers();
		}

		@Override
		@SuppressWarnings("NullAway") // As the body handler wants it
		public T body() {
			return this.read;
		}

		@Override
		public Optional<HttpResponse<T>> previousResponse() {
			return Optional.empty();
		}

		@Override
		public Optional<SSLSession> sslSession() {
			return Optional.empty();
		}

		@Override
		public URI uri() {
			return this.request.uri();
		}

		@Override
		public HttpClient.Version version() {
			return this.head.version();
		}

	}

}
