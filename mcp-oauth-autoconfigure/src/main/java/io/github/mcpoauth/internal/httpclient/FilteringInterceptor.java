// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.httpclient;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;
import org.springframework.util.Assert;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

/**
 * Sends some requests of Spring's blocking clients through a filter of a WebClient. The
 * caller's thread sends them and waits, so the context of its caller is there as ever.
 * All other requests pass through.
 * <p>
 * As the first interceptor of a client it knows those that follow. They run between the
 * filter and the connection, and the headers that the filter writes together with the
 * body are added behind the last of them, where the address is final.
 */
public final class FilteringInterceptor implements ClientHttpRequestInterceptor {

	/**
	 * The filter's own waits end earlier. This one is for code of the application that
	 * the filter calls.
	 */
	private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

	private final Predicate<URI> filtered;

	private final ExchangeFilterFunction filter;

	private final Duration longestWait;

	private final @Nullable ClientHttpRequestInterceptor next;

	/**
	 * Create an interceptor.
	 * @param filtered which requests pass the filter
	 * @param filter the filter. It returns a response of the server as it was received
	 */
	public FilteringInterceptor(Predicate<URI> filtered, ExchangeFilterFunction filter) {
		this(filtered, filter, LONGEST_WAIT, null);
	}

	FilteringInterceptor(Predicate<URI> filtered, ExchangeFilterFunction filter, Duration longestWait,
			@Nullable ClientHttpRequestInterceptor next) {
		this.filtered = filtered;
		this.filter = filter;
		this.longestWait = longestWait;
		this.next = next;
	}

	/**
	 * Send a request, through the filter if it is one of those.
	 * @throws IOException as the client does
	 * @throws IllegalStateException if the request passes the filter and this thread must
	 * not block
	 * @throws RuntimeException as the filter does, as it is
	 */
	@Override
	public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
			throws IOException {
		if (!this.filtered.test(request.getURI())) {
			return (this.next != null) ? this.next.intercept(request, body, execution)
					: execution.execute(request, body);
		}
		Assert.state(!Schedulers.isInNonBlockingThread(),
				() -> "A RestClient, a RestTemplate and their HTTP interfaces block, which thread '%s' must not: use a WebClient there, or call them on another thread"
					.formatted(Thread.currentThread().getName()));
		return new BlockingExchange(request, body, this.next, execution).send(this.filter, this.longestWait);
	}

	@Override
	public ClientHttpRequestInterceptor andThen(ClientHttpRequestInterceptor interceptor) {
		return new FilteringInterceptor(this.filtered, this.filter, this.longestWait,
				(this.next != null) ? this.next.andThen(interceptor) : interceptor);
	}

}
