// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.httpclient;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;
import org.springframework.http.client.InterceptingClientHttpRequestFactory;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Spring's blocking requests with a filter.
 */
class FilteringInterceptorTests {

	private final TestHttpServer server = TestHttpServer.start();

	private final List<String> order = new ArrayList<>();

	@AfterEach
	void close() {
		this.server.close();
	}

	@Test
	void sendWhenFilterAnswersNothingInTimeEnds() {
		ExchangeFilterFunction filter = (request, next) -> Mono.never();
		assertThatExceptionOfType(SocketTimeoutException.class)
			.isThrownBy(() -> send(new FilteringInterceptor((url) -> true, filter, Duration.ofMillis(20), null)));
		assertThat(this.server.requests()).isEmpty();
	}

	@Test
	void sendWhenFilterFailsFailsWithTheSame() {
		assertThatIllegalArgumentException().isThrownBy(() -> send((request, next) -> {
			throw new IllegalArgumentException("at once");
		})).withMessage("at once");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> send((request, next) -> Mono.error(new IllegalArgumentException("later"))))
			.withMessage("later");
		assertThatExceptionOfType(IOException.class)
			.isThrownBy(() -> send((request, next) -> Mono.error(new IOException("checked"))))
			.withMessage("checked");
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> send((request, next) -> Mono.error(new AssertionError("error"))))
			.withMessage("error");
	}

	@Test
	void sendWhenFilterAnswersItselfFails() {
		assertThatIllegalStateException()
			.isThrownBy(() -> send((request, next) -> Mono.just(ClientResponse.create(HttpStatus.OK).build())));
	}

	@Test
	void sendWhenInterceptorsFollowRunsThemBetweenFilterAndConnection() throws IOException {
		this.server.handle("/a", Answer.status(204));
		ExchangeFilterFunction filter = (request, next) -> {
			this.order.add("filter");
			return next.exchange(ClientRequest.from(request).header("X-Filter", "yes").build());
		};
		List<ClientHttpRequestInterceptor> interceptors = List.of(
				new FilteringInterceptor((url) -> url.getPath().equals("/a"), filter), noting("first"),
				noting("second"));
		assertThat(send(interceptors, this.server.url("/a"))).isEqualTo(204);
		assertThat(this.order).containsExactly("filter", "first yes", "second yes");
		this.order.clear();
		assertThat(send(interceptors, this.server.url("/b"))).isEqualTo(404);
		assertThat(this.order).containsExactly("first null", "second null");
	}

	private ClientHttpRequestInterceptor noting(String name) {
		return (request, body, execution) -> {
			this.order.add(name + " " + request.getHeaders().getFirst("X-Filter"));
			return execution.execute(request, body);
		};
	}

	private int send(ExchangeFilterFunction filter) throws IOException {
		return send(new FilteringInterceptor((url) -> true, filter));
	}

	private int send(FilteringInterceptor interceptor) throws IOException {
		return send(List.of(interceptor), this.server.url("/a"));
	}

	private static int send(List<ClientHttpRequestInterceptor> interceptors, URI url) throws IOException {
		ClientHttpRequestFactory factory = new InterceptingClientHttpRequestFactory(new JdkClientHttpRequestFactory(),
				interceptors);
		try (ClientHttpResponse response = factory.createRequest(url, HttpMethod.GET).execute()) {
			return response.getStatusCode().value();
		}
	}

}
