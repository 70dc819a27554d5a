// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.io.IOException;
import java.util.List;
import java.util.Set;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.oauth2.server.authorization.OAuth2AuthorizationServerConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientRegistrationAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2ClientRegistrationAuthenticationValidator;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2DeviceVerificationAuthenticationProvider;
import org.springframework.security.oauth2.server.authorization.settings.AuthorizationServerSettings;
import org.springframework.security.oauth2.server.authorization.web.authentication.OAuth2ErrorAuthenticationFailureHandler;
import org.springframework.security.oauth2.server.resource.web.BearerTokenAuthenticationEntryPoint;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.LoginUrlAuthenticationEntryPoint;
import org.springframework.security.web.authentication.SimpleUrlAuthenticationFailureHandler;
import org.springframework.security.web.authentication.SimpleUrlAuthenticationSuccessHandler;
import org.springframework.security.web.context.SecurityContextHolderFilter;
import org.springframework.security.web.util.matcher.MediaTypeRequestMatcher;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Three chains: the authorization server, the MCP server it protects, and the login page
 * with everything else.
 */
@Configuration(proxyBeanMethods = false)
class SecurityConfiguration {

	private static final String USER = "demo";

	@Bean
	@Order(1)
	SecurityFilterChain authorizationServerChain(HttpSecurity http, Clients clients, DemoProperties properties) {
		OAuth2AuthorizationServerConfigurer server = new OAuth2AuthorizationServerConfigurer();
		http.securityMatcher(server.getEndpointsMatcher())
			.with(server, (configurer) -> configure(configurer, clients, properties))
			.authorizeHttpRequests((requests) -> requests.requestMatchers(HttpMethod.POST, "/oauth2/register")
				.permitAll()
				.anyRequest()
				.authenticated())
			.exceptionHandling((exceptions) -> exceptions.defaultAuthenticationEntryPointFor(
					new LoginUrlAuthenticationEntryPoint("/login"), new MediaTypeRequestMatcher(MediaType.TEXT_HTML)));
		if (properties.autoLogin()) {
			http.addFilterAfter(new AutoLogin(), SecurityContextHolderFilter.class);
		}
		return http.build();
	}

	private static void configure(OAuth2AuthorizationServerConfigurer server, Clients clients,
			DemoProperties properties) {
		OAuth2ErrorAuthenticationFailureHandler failureHandler = new OAuth2ErrorAuthenticationFailureHandler();
		server
			.oidc((oidc) -> oidc.providerConfigurationEndpoint((endpoint) -> endpoint
				.providerConfigurationCustomizer((metadata) -> metadata.scopes(SecurityConfiguration::scopes)
					.clientRegistrationEndpoint(ProtectedResource.issuer() + "/oauth2/register"))))
			.authorizationServerMetadataEndpoint((endpoint) -> endpoint
				.authorizationServerMetadataCustomizer((metadata) -> metadata.scopes(SecurityConfiguration::scopes)))
			.clientRegistrationEndpoint((endpoint) -> endpoint.openRegistrationAllowed(true)
				.authenticationProviders((providers) -> providers.forEach((provider) -> register(provider, clients))))
			.deviceAuthorizationEndpoint((endpoint) -> endpoint.verificationUri(DevicePages.PATH))
			.deviceVerificationEndpoint((endpoint) -> endpoint
				.deviceVerificationResponseHandler(
						new SimpleUrlAuthenticationSuccessHandler(DevicePages.PATH + "?outcome=done"))
				.errorResponseHandler(new SimpleUrlAuthenticationFailureHandler(DevicePages.PATH + "?outcome=refused"))
				.authenticationProviders(
						(providers) -> providers.forEach((provider) -> consent(provider, properties.autoLogin()))))
			.tokenEndpoint((endpoint) -> endpoint.errorResponseHandler((request, response, failure) -> {
				if (failure instanceof OAuth2AuthenticationException error) {
					request.setAttribute(Traffic.ERROR_CODE, error.getError().getErrorCode());
				}
				failureHandler.onAuthenticationFailure(request, response, failure);
			}));
	}

	private static void scopes(List<String> scopes) {
		scopes.clear();
		scopes.addAll(Clients.SCOPES);
	}

	private static void register(AuthenticationProvider provider, Clients clients) {
		if (provider instanceof OAuth2ClientRegistrationAuthenticationProvider registration) {
			registration.setRegisteredClientConverter(clients::read);
			registration.setAuthenticationValidator(
					OAuth2ClientRegistrationAuthenticationValidator.DEFAULT_REDIRECT_URI_VALIDATOR
						.andThen(OAuth2ClientRegistrationAuthenticationValidator.DEFAULT_JWK_SET_URI_VALIDATOR)
						.andThen(OAuth2ClientRegistrationAuthenticationValidator.SIMPLE_SCOPE_VALIDATOR));
		}
	}

	private static void consent(AuthenticationProvider provider, boolean autoLogin) {
		if (autoLogin && provider instanceof OAuth2DeviceVerificationAuthenticationProvider verification) {
			verification.setAuthorizationConsentRequired((context) -> false);
		}
	}

	@Bean
	@Order(2)
	SecurityFilterChain mcpServerChain(HttpSecurity http, AccessTokens accessTokens) {
		BearerTokenAuthenticationEntryPoint challenge = new BearerTokenAuthenticationEntryPoint();
		challenge.setResourceMetadataParameterResolver((request) -> ProtectedResource.metadataUrl());
		return http
			.securityMatcher(ProtectedResource.PATH, ProtectedResource.PATH + "/**",
					"/.well-known/oauth-protected-resource/**")
			.authorizeHttpRequests((requests) -> requests.anyRequest().hasAuthority("SCOPE_" + ProtectedResource.SCOPE))
			.sessionManagement((session) -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
			.csrf((csrf) -> csrf.disable())
			.oauth2ResourceServer((resource) -> resource.opaqueToken((token) -> token.introspector(accessTokens))
				.authenticationEntryPoint(challenge)
				.dPoP(Customizer.withDefaults())
				.protectedResourceMetadata((metadata) -> metadata.protectedResourceMetadataCustomizer(
						(builder) -> builder.authorizationServer(ProtectedResource.issuer())
							.scope(ProtectedResource.SCOPE)
							.resourceName("Demo server"))))
			.build();
	}

	@Bean
	@Order(3)
	SecurityFilterChain loginPageChain(HttpSecurity http) {
		return http
			.authorizeHttpRequests((requests) -> requests.requestMatchers("/demo/**", "/error", DevicePages.PATH)
				.permitAll()
				.anyRequest()
				.authenticated())
			.csrf((csrf) -> csrf.ignoringRequestMatchers("/demo/**"))
			.formLogin(Customizer.withDefaults())
			.build();
	}

	@Bean
	AuthorizationServerSettings authorizationServerSettings() {
		return AuthorizationServerSettings.builder().build();
	}

	@Bean
	UserDetailsService users(PasswordEncoder passwordEncoder) {
		return new InMemoryUserDetailsManager(
				User.withUsername(USER).password(passwordEncoder.encode("demo")).roles("USER").build());
	}

	/**
	 * Stands in for the person: every authorization request, and every code of a device,
	 * comes from a logged in user.
	 */
	private static final class AutoLogin extends OncePerRequestFilter {

		private static final Set<String> PATHS = Set.of("/oauth2/authorize", "/oauth2/device_verification");

		@Override
		protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
				throws ServletException, IOException {
			if (PATHS.contains(request.getRequestURI())) {
				SecurityContext context = SecurityContextHolder.createEmptyContext();
				context.setAuthentication(UsernamePasswordAuthenticationToken.authenticated(USER, null,
						AuthorityUtils.createAuthorityList("ROLE_USER")));
				SecurityContextHolder.setContext(context);
			}
			chain.doFilter(request, response);
		}

	}

}
