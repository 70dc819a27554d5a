// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.internal.web.TestBrowser.Page;
import io.github.mcpoauth.manager.ManagerFixture;
import io.github.mcpoauth.principal.PrincipalResolver;
import jakarta.servlet.DispatcherType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.DelegatingFilterProxyRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.config.annotation.web.reactive.EnableWebFluxSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.userdetails.MapReactiveUserDetailsService;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.server.SecurityWebFilterChain;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The connections page behind an application's own Spring Security.
 */
class ConnectionsSecurityTests {

	private static final String GITHUB = "github";

	private static final String CSRF = "_csrf";

	private final ManagerFixture fixture = new ManagerFixture();

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("Spring Security's own token is in every form, and its check of it stays on")
	void connectWhenSpringSecurityIsOnWorksWithItsToken(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = start(type, "--server.address=0.0.0.0")) {
			assertThat(application.open(new TestBrowser()).status()).isEqualTo(401);
			TestBrowser alice = as("alice");
			Page page = application.open(alice);
			assertThat(page.status()).isEqualTo(200);
			assertThat(page.body()).contains("Logged in as", "alice");
			assertThat(page.headers().allValues("X-Frame-Options")).containsExactly("DENY");
			assertThat(page.headers().allValues("Cache-Control")).containsExactly("no-store");
			assertThat(page.headers().allValues("Referrer-Policy")).containsExactly("same-origin");
			Map<String, String> form = page.form("connect", GITHUB);
			assertThat(form).containsKeys(CSRF, PageViews.TOKEN);
			URI action = page.uri().resolve(form.remove("action"));
			String token = form.remove(CSRF);
			assertThat(alice.post(action, form).status()).isEqualTo(403);
			assertThat(this.fixture.manager.provider(this.fixture.key).currentLogin()).isNull();
			form.put(CSRF, token);
			form.remove(PageViews.TOKEN);
			assertThat(alice.post(action, form).status()).isEqualTo(403);
			URI answer = TestBrowser.consent(alice.connect(page, GITHUB));
			TestBrowser bob = as("bob");
			bob.cookies().putAll(alice.cookies());
			assertThat(bob.get(answer).status()).isEqualTo(403);
			assertThat(this.fixture.authorizationServer.exchanges()).isZero();
			Page connected = alice.follow(alice.get(answer));
			assertThat(connected.body()).contains("The application can use");
			assertThat(alice.follow(alice.submit(connected, "disconnect", GITHUB)).body()).contains("Not connected");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void formWhenSpringSecurityChecksNoTokenIsCheckedAllTheSame(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = start(type, "--test.csrf=false")) {
			TestBrowser alice = as("alice");
			Page page = application.open(alice);
			Map<String, String> form = page.form("connect", GITHUB);
			assertThat(form).doesNotContainKey(CSRF).containsKey(PageViews.TOKEN);
			URI action = page.uri().resolve(form.remove("action"));
			assertThat(as("alice").post(action, form).status()).isEqualTo(403);
			assertThat(alice.post(action, Map.of("server", GITHUB)).status()).isEqualTo(403);
			assertThat(alice.follow(alice.get(TestBrowser.consent(alice.connect(page, GITHUB)))).body())
				.contains("The application can use");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("A page that Spring Security leaves open to all is for this machine only")
	void pageWhenAnonymousIsForThisMachineOnly(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = start(type, "--test.open=true")) {
			TestBrowser nobody = new TestBrowser();
			Page page = application.open(nobody);
			assertThat(page.status()).isEqualTo(200);
			assertThat(page.body()).doesNotContain("Logged in as");
			assertThat(page.form("connect", GITHUB)).containsKey(CSRF);
			assertThat(nobody.follow(nobody.get(TestBrowser.consent(nobody.connect(page, GITHUB)))).body())
				.contains("The application can use");
			Page proxied = application.open(new TestBrowser().header("X-Forwarded-For", "203.0.113.7"));
			assertThat(proxied.status()).isEqualTo(403);
			assertThat(proxied.body()).contains("no user is logged in to the application");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("Where the application acts for several users, each user sees and changes their own connections")
	void connectWhenThereAreSeveralPrincipalsIsForTheOneWhoHasLoggedIn(WebApplicationType type) throws Exception {
		try (ManagerFixture several = new ManagerFixture(PrincipalResolver.fromContext("user"), false);
				ConnectionsApplication application = ConnectionsApplication.start(type, several.manager,
						List.of(ServletSecurity.class, ReactiveSecurity.class), "",
						"--mcp.oauth.principal.context-key=user")) {
			TestBrowser alice = as("alice");
			TestBrowser bob = as("bob");
			assertThat(
					alice.follow(alice.get(TestBrowser.consent(alice.connect(application.open(alice), GITHUB)))).body())
				.contains("The application can use");
			assertThat(several.store.get(GrantKey.of(GITHUB, "alice"))).isNotNull();
			assertThat(several.store.get(GrantKey.of(GITHUB))).isNull();
			Page page = application.open(bob);
			assertThat(page.body()).contains("Not connected").doesNotContain("Disconnect");
			Map<String, String> form = page.form("connect", GITHUB);
			form.remove("action");
			assertThat(bob.post(application.url(ConnectionsPage.PATH + "/disconnect"), form).status()).isEqualTo(303);
			assertThat(several.store.get(GrantKey.of(GITHUB, "alice"))).isNotNull();
			assertThat(application.open(alice).body()).contains("Disconnect");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("S8: the page asks the resolver of the requests, so users of two issuers with one name stay apart")
	void connectWhenResolverNamesTheIssuerStoresUnderItsName(WebApplicationType type) throws Exception {
		PrincipalResolver resolver = (server, context) -> ReactiveSecurityContextHolder.getContext()
			.contextWrite(context)
			.mapNotNull(SecurityContext::getAuthentication)
			.map((user) -> server.key("https://issuer.example|" + user.getName()));
		try (ManagerFixture several = new ManagerFixture(resolver, false);
				ConnectionsApplication application = ConnectionsApplication.start(type, several.manager,
						List.of(ServletSecurity.class, ReactiveSecurity.class), "")) {
			TestBrowser alice = as("alice");
			assertThat(
					alice.follow(alice.get(TestBrowser.consent(alice.connect(application.open(alice), GITHUB)))).body())
				.contains("The application can use");
			assertThat(several.store.get(GrantKey.of(GITHUB, "https://issuer.example|alice"))).isNotNull();
			assertThat(several.store.get(GrantKey.of(GITHUB, "alice"))).isNull();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("S4: a page without external-url answers on this machine only, for users who are logged in too")
	void pageWhenAddressIsNotKnownIsForThisMachineOnly(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = start(type, "--server.address=0.0.0.0")) {
			TestBrowser alice = as("alice").header("X-Forwarded-Host", "agent.example");
			Page page = application.open(alice);
			assertThat(page.status()).isEqualTo(403);
			assertThat(page.body()).contains("mcp.oauth.web.external-url").doesNotContain(GITHUB, "agent.example");
		}
	}

	private ConnectionsApplication start(WebApplicationType type, String argument) {
		return ConnectionsApplication.start(type, this.fixture.manager,
				List.of(ServletSecurity.class, ReactiveSecurity.class), "", argument);
	}

	static TestBrowser as(String user) {
		return new TestBrowser().header("Authorization",
				"Basic " + Base64.getEncoder().encodeToString((user + ":secret").getBytes(StandardCharsets.US_ASCII)));
	}

	private static UserDetails user(String name) {
		return User.withUsername(name).password("{noop}secret").roles("USER").build();
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	@EnableWebSecurity
	static class ServletSecurity {

		@Bean
		SecurityFilterChain chain(HttpSecurity http, Environment environment) {
			http.httpBasic(Customizer.withDefaults()).authorizeHttpRequests((requests) -> {
				if (environment.getProperty("test.open", boolean.class, false)) {
					requests.anyRequest().permitAll();
				}
				else {
					requests.anyRequest().authenticated();
				}
			});
			if (!environment.getProperty("test.csrf", boolean.class, true)) {
				http.csrf((csrf) -> csrf.disable());
			}
			return http.build();
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
		InMemoryUserDetailsManager users() {
			return new InMemoryUserDetailsManager(user("alice"), user("bob"));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
	@EnableWebFluxSecurity
	static class ReactiveSecurity {

		@Bean
		SecurityWebFilterChain chain(ServerHttpSecurity http, Environment environment) {
			http.httpBasic(Customizer.withDefaults())
				.anonymous(Customizer.withDefaults())
				.authorizeExchange((exchanges) -> {
					if (environment.getProperty("test.open", boolean.class, false)) {
						exchanges.anyExchange().permitAll();
					}
					else {
						exchanges.anyExchange().authenticated();
					}
				});
			if (!environment.getProperty("test.csrf", boolean.class, true)) {
				http.csrf((csrf) -> csrf.disable());
			}
			return http.build();
		}

		@Bean
		MapReactiveUserDetailsService users() {
			return new MapReactiveUserDetailsService(user("alice"), user("bob"));
		}

	}

}
