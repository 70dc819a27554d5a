// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.EnumSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import jakarta.servlet.DispatcherType;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.DelegatingFilterProxyRegistrationBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.server.SecurityWebFilterChain;

/**
 * Users of an application that log in with HTTP Basic: {@code user1}, {@code user2} and
 * so on, all with the password {@code secret}.
 */
public final class BasicUsers {

	/**
	 * The number of users.
	 */
	public static final int NUMBER = 200;

	private static final HttpClient BROWSER = HttpClient.newHttpClient();

	private BasicUsers() {
	}

	/**
	 * Have a user get something.
	 * @param context an application with a web server on loopback
	 * @param path the path and the query
	 * @param user the name of the user
	 */
	public static CompletableFuture<HttpResponse<String>> get(ApplicationContext context, String path, String user) {
		String credentials = Base64.getEncoder().encodeToString((user + ":secret").getBytes(StandardCharsets.US_ASCII));
		URI uri = URI.create("http://127.0.0.1:%s/%s"
			.formatted(context.getEnvironment().getRequiredProperty("local.server.port"), path));
		return BROWSER
			.sendAsync(HttpRequest.newBuilder(uri).header("Authorization", "Basic " + credentials).build(),
					BodyHandlers.ofString())
			.orTimeout(60, TimeUnit.SECONDS);
	}

	private static UserDetails[] users() {
		return IntStream.rangeClosed(1, NUMBER)
			.mapToObj((number) -> User.withUsername("user" + number).password("secret").roles("USER").build())
			.toArray(UserDetails[]::new);
	}

	/**
	 * Spring Security would encode the passwords with a slow function otherwise.
	 */
	private static final class PlainPasswords implements PasswordEncoder {

		@Override
		public @Nullable String encode(@Nullable CharSequence password) {
			return (password != null) ? password.toString() : null;
		}

		@Override
		public boolean matches(@Nullable CharSequence password, @Nullable String encoded) {
			return password != null && password.toString().equals(encoded);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	@EnableWebSecurity
	public static class ServletSecurity {

		@Bean
		SecurityFilterChain chain(HttpSecurity http) {
			return http.httpBasic(Customizer.withDefaults())
				.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
				.build();
		}

		/**
		 * As Spring Boot's own.
		 */
		@Bean
		DelegatingFilterProxyRegistrationBean registration() {
			DelegatingFilterProxyRegistrationBean registration = new DelegatingFilterProxyRegistrationBean(
					"springSecurityFilterChain");
			registration.setOrder(-100);
			registration.setDispatcherTypes(EnumSet.allOf(DispatcherType.class));
			return registration;
		}

		@Bean
		PasswordEncoder passwords() {
			return new PlainPasswords();
		}

		@Bean
		InMemoryUserDetailsManager details() {
			return new InMemoryUserDetailsManager(users());
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
	@EnableWebFluxSecurity
	public static class ReactiveSecurity {

		@Bean
		SecurityWebFilterChain chain(ServerHttpSecurity http) {
			return http.httpBasic(Customizer.withDefaults())
				.authorizeExchange((exchanges) -> exchanges.anyExchange().authenticated())
				.build();
		}

		@Bean
		PasswordEncoder passwords() {
			return new PlainPasswords();
		}

		@Bean
		MapReactiveUserDetailsService details() {
			return new MapReactiveUserDetailsService(users());
		}

	}

}
