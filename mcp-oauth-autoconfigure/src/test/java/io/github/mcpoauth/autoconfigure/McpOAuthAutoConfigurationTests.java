// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.internal.login.Browser;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.AssertionSupplier;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.principal.SubjectTokenSupplier;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import io.github.mcpoauth.webclient.McpOAuthFilter;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.TypeReference;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.context.properties.ConfigurationPropertiesReportEndpoint;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.InetAddressFilter;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Scope;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.javapoet.ClassName;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.Mockito.mock;

/**
 * Beans and the conditions they come with.
 */
@ExtendWith(OutputCaptureExtension.class)
class McpOAuthAutoConfigurationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private static final String URL = "mcp.servers.linear.url=https://mcp.linear.app/mcp";

	private final ApplicationContextRunner runner;

	private final Path directory;

	McpOAuthAutoConfigurationTests(@TempDir Path directory) {
		this.runner = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(McpOAuthAutoConfiguration.class, SslAutoConfiguration.class,
					HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
					WebClientAutoConfiguration.class))
			.withPropertyValues("mcp.oauth.store.file.directory=" + directory.resolve("tokens"));
		this.directory = directory;
	}

	@Test
	void principalWhenNothingIsConfiguredIsTheApplication() {
		this.runner.withPropertyValues(URL).run((context) -> {
			McpOAuthManager manager = context.getBean(McpOAuthManager.class);
			assertThat(principals(manager)).isEmpty();
			assertThat(key(manager, Context.of("io.github.mcpoauth.principal", "alice")))
				.isEqualTo(GrantKey.of("linear"));
		});
	}

	@Test
	void principalWhenSourceIsContextIsTakenFromThere() {
		this.runner.withPropertyValues(URL, "mcp.oauth.principal.source=context").run((context) -> {
			McpOAuthManager manager = context.getBean(McpOAuthManager.class);
			assertThat(principals(manager)).isPresent();
			assertThat(key(manager, Context.of("io.github.mcpoauth.principal", "alice")))
				.isEqualTo(GrantKey.of("linear", "alice"));
			assertThatExceptionOfType(PrincipalRequiredException.class).isThrownBy(() -> key(manager, Context.empty()));
		});
	}

	@Test
	void principalWhenAbsentMayBeTheApplication() {
		this.runner
			.withPropertyValues(URL, "mcp.oauth.principal.source=context", "mcp.oauth.principal.context-key=tenant",
					"mcp.oauth.principal.when-absent=application")
			.run((context) -> {
				McpOAuthManager manager = context.getBean(McpOAuthManager.class);
				assertThat(key(manager, Context.of("tenant", "alice"))).isEqualTo(GrantKey.of("linear", "alice"));
				assertThat(key(manager, Context.empty())).isEqualTo(GrantKey.of("linear"));
			});
	}

	@Test
	void principalWhenSourceIsSecurityIsWhoIsAuthenticated() {
		this.runner.withPropertyValues(URL, "mcp.oauth.principal.source=security").run((context) -> {
			McpOAuthManager manager = context.getBean(McpOAuthManager.class);
			assertThat(key(manager, authenticated(new TestingAuthenticationToken("alice", "secret", "ROLE_USER"))))
				.isEqualTo(GrantKey.of("linear", "alice"));
			for (Authentication nobody : List.of(new TestingAuthenticationToken("mallory", "secret"),
					new AnonymousAuthenticationToken("key", "anonymousUser",
							AuthorityUtils.createAuthorityList("ROLE_ANONYMOUS")))) {
				assertThatExceptionOfType(PrincipalRequiredException.class)
					.isThrownBy(() -> key(manager, authenticated(nobody)));
			}
		});
	}

	@Test
	void startWhenValuesCannotBeConvertedNamesAllOfThem(CapturedOutput output) {
		SpringApplication application = new SpringApplication(Configured.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		assertThatException()
			.isThrownBy(() -> application.run("--mcp.oauth.store.type=fiel", "--mcp.oauth.web.external-url=http://[",
					"--mcp.servers.linear.protocol=modrn", "--mcp.servers.linear.url=ftp://mcp.linear.app"));
		assertThat(output)
			.contains("Property: mcp.oauth.store.type", "Did you mean 'file'?", "Property: mcp.oauth.web.external-url",
					"Property: mcp.servers.linear.protocol", "Property: mcp.servers.linear.url",
					"\"mcp.oauth.store.type\" from property source \"commandLineArgs\"")
			.doesNotContain("Failed to bind", "StoreType");
	}

	@Test
	void startWhenValueOfAnotherBlockCannotBeConvertedNamesIt() {
		this.runner.withConfiguration(AutoConfigurations.of(McpOAuthHealthAutoConfiguration.class))
			.withPropertyValues(URL, "mcp.oauth.health.login-required-status=offline")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidMcpConfigurationException.class)
				.hasMessageContaining("mcp.oauth.health.login-required-status: there is no value 'offline'"));
	}

	@Test
	void principalWhenBoundsAreWrongFailsAndSaysSo() {
		this.runner.withPropertyValues(URL, "mcp.oauth.principal.cache-size=0", "mcp.oauth.principal.idle-time=0")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContainingAll("mcp.oauth.principal.cache-size", "mcp.oauth.principal.idle-time"));
	}

	@Test
	void principalWhenThereIsAResolverIsWhatItSays() {
		this.runner
			.withBean(PrincipalResolver.class,
					() -> (server, context) -> Mono.justOrEmpty(context.<String>getOrEmpty("tenant")).map(server::key))
			.withPropertyValues(URL)
			.run((context) -> assertThat(key(context.getBean(McpOAuthManager.class), Context.of("tenant", "acme")))
				.isEqualTo(GrantKey.of("linear", "acme")));
	}

	private static Context authenticated(Authentication authentication) {
		return ReactiveSecurityContextHolder.withAuthentication(authentication);
	}

	private static Optional<ServerStatus.Principals> principals(McpOAuthManager manager) {
		return manager.provider(manager.servers().iterator().next().key())
			.status()
			.mapNotNull(ServerStatus::principals)
			.blockOptional(PATIENCE);
	}

	private static GrantKey key(McpOAuthManager manager, Context context) {
		McpServer server = manager.servers().iterator().next();
		return Objects.requireNonNull(manager.providerFor(server.name()).contextWrite(context).block(PATIENCE)).key();
	}

	@Test
	void contextWhenNothingIsConfiguredHasAManagerWithoutServers() {
		this.runner.run((context) -> {
			assertThat(context).hasSingleBean(McpOAuthManager.class)
				.hasSingleBean(FileTokenStore.class)
				.hasSingleBean(PrivateWebClients.class)
				.hasSingleBean(Browser.class);
			assertThat(context.getBean(McpOAuthManager.class).servers()).isEmpty();
		});
	}

	@Test
	void contextWhenServerIsConfiguredHasItInTheManager() {
		this.runner.withPropertyValues(URL)
			.run((context) -> assertThat(context.getBean(McpOAuthManager.class).servers())
				.containsExactly(McpServer.of("linear", URI.create("https://mcp.linear.app/mcp"))));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = {
			"grant-type=jwt-bearer,authorization-server=https://as.example.com|assertion-file|AssertionSupplier",
			"grant-type=jwt-bearer,identity-provider.client-id=a,identity-provider.issuer=https://idp.example.com|identity-provider.subject-token-file|SubjectTokenSupplier",
			"grant-type=token-exchange,client-id=a,client-secret=b,authorization-server=https://as.example.com|subject-token-file|SubjectTokenSupplier" })
	void contextWhenNobodySuppliesWhatIsInNoFileFails(String settings, String property, String bean) {
		String[] properties = Stream.of(settings.split(","))
			.map((setting) -> "mcp.servers.linear.oauth." + setting)
			.toArray(String[]::new);
		ApplicationContextRunner configured = this.runner.withPropertyValues(URL).withPropertyValues(properties);
		configured.run((context) -> assertThat(context).getFailure()
			.rootCause()
			.isInstanceOfSatisfying(InvalidMcpConfigurationException.class,
					(ex) -> assertThat(ex.getProblems()).singleElement().satisfies((problem) -> {
						assertThat(problem.property()).isEqualTo("mcp.servers.linear.oauth." + property);
						assertThat(problem.action()).contains("declare a").contains(bean);
					})));
		configured.withBean(AssertionSupplier.class, () -> (request) -> Mono.empty())
			.withBean(SubjectTokenSupplier.class, () -> (key) -> Mono.empty())
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void contextWhenTurnedOffHasNoneOfOurBeans() {
		this.runner.withPropertyValues(URL, "mcp.oauth.enabled=false")
			.run((context) -> assertThat(context.getBeanDefinitionNames()).noneMatch((name) -> name.contains("OAuth")));
	}

	@Test
	void contextWhenApplicationHasAManagerUsesIt() {
		this.runner.withPropertyValues(URL)
			.withBean("own", McpOAuthManager.class, () -> mock(McpOAuthManager.class))
			.run((context) -> assertThat(context).getBeans(McpOAuthManager.class).containsOnlyKeys("own"));
	}

	@Test
	@DisplayName("A configuration that cannot be used is refused even where the application has its own manager")
	void contextWhenApplicationHasAManagerIsStillChecked() {
		this.runner.withPropertyValues("mcp.servers.linear.url=mcp.linear.app")
			.withBean("own", McpOAuthManager.class, () -> mock(McpOAuthManager.class))
			.run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void contextWhenApplicationHasAStoreUsesIt() {
		this.runner.withBean("own", TokenStore.class, () -> mock(TokenStore.class))
			.run((context) -> assertThat(context).getBeans(TokenStore.class).containsOnlyKeys("own"));
	}

	@Test
	void contextWhenApplicationHasOtherCollaboratorsUsesThem() {
		this.runner.withBean("browser", Browser.class, Browser::none)
			.withBean("clients", AuthorizationWebClients.class, () -> (server) -> WebClient.create())
			.run((context) -> {
				assertThat(context).getBeans(Browser.class).containsOnlyKeys("browser");
				assertThat(context).getBeans(AuthorizationWebClients.class).containsOnlyKeys("clients");
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "jdbc", "redis" })
	void contextWhenStoreOfThatTypeIsMissingSaysWhich(String type) {
		this.runner.withPropertyValues("mcp.oauth.store.type=" + type)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidMcpConfigurationException.class)
				.hasMessage("mcp.oauth.store.type: what a store of that type needs is not there"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "FILE", "file" })
	void contextWhenStoreTypeIsFileKeepsGrantsInFiles(String type) {
		this.runner.withPropertyValues("mcp.oauth.store.type=" + type)
			.run((context) -> assertThat(context).hasSingleBean(FileTokenStore.class));
	}

	@Test
	void contextWhenSslBundleIsMissingSaysWhich() {
		this.runner.withPropertyValues("mcp.oauth.ssl-bundle=corporate")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidMcpConfigurationException.class)
				.hasMessage("mcp.oauth.ssl-bundle: there is no SSL bundle of that name"));
	}

	@Test
	@DisplayName("Neither the network nor the store is touched at start-up")
	void contextWhenStartedTouchesNeitherNetworkNorStore(CapturedOutput output) {
		try (TestHttpServer http = TestHttpServer.start()) {
			this.runner.withPropertyValues("mcp.servers.demo.url=" + http.url("/mcp"))
				.run((context) -> assertThat(context).hasNotFailed());
			assertThat(http.requests()).isEmpty();
		}
		assertThat(this.directory.resolve("tokens")).doesNotExist();
		assertThat(output).containsOnlyOnce("MCP server 'demo' at http://127.0.0.1:");
	}

	@Test
	void contextWhenStartedKeepsTheAddressFilterToItself() {
		this.runner.run((context) -> {
			assertThat(context).doesNotHaveBean(InetAddressFilter.class);
			assertThat(context.getBean(HttpClientSettings.class).inetAddressFilter()).isNull();
		});
	}

	// The filter

	@Test
	void builderWhenAutoConfiguredHasTheFilter() {
		this.runner.run((context) -> assertThat(filters(context.getBean(WebClient.Builder.class))).hasSize(1)
			.hasOnlyElementsOfType(McpOAuthFilter.class));
	}

	@Test
	void builderWhenDeclaredByTheApplicationHasTheFilterOutermost() {
		this.runner.withUserConfiguration(OwnBuilders.class).run((context) -> {
			for (String name : List.of("ownBuilder", "prototypeBuilder", "madeBuilder", "clonedBuilder")) {
				List<ExchangeFilterFunction> filters = filters(context.getBean(name, WebClient.Builder.class));
				assertThat(filters).as(name).filteredOn(McpOAuthFilter.class::isInstance).hasSize(1);
				assertThat(filters).as(name).first().isInstanceOf(McpOAuthFilter.class);
			}
		});
	}

	@Test
	void builderWhenCustomizedOrPrototypeIsNotFilteredTwice() {
		this.runner.withUserConfiguration(OwnBuilders.class).run((context) -> {
			WebClient.Builder first = context.getBean("prototypeBuilder", WebClient.Builder.class);
			WebClient.Builder second = context.getBean("prototypeBuilder", WebClient.Builder.class);
			assertThat(first).isNotSameAs(second);
			assertThat(filters(first)).isEqualTo(filters(second)).hasSize(2);
		});
	}

	@Test
	@DisplayName("Giving builders the filter creates no manager, and no bean too early")
	void builderWhenGivenTheFilterDoesNotCreateTheManager(CapturedOutput output) {
		this.runner.withPropertyValues("spring.main.lazy-initialization=true")
			.withInitializer((context) -> context.addBeanFactoryPostProcessor((beanFactory) -> {
				for (String name : beanFactory.getBeanDefinitionNames()) {
					beanFactory.getBeanDefinition(name).setLazyInit(true);
				}
			}))
			.run((context) -> {
				assertThat(filters(context.getBean(WebClient.Builder.class))).hasSize(1);
				assertThat(context.getBeanFactory().containsSingleton("mcpOAuthManager")).isFalse();
			});
		assertThat(output).doesNotContain("not eligible for getting processed by all BeanPostProcessors");
	}

	@Test
	@DisplayName("Law 15 The client for authorization servers never carries the filter")
	void privateClientWhenBuiltHasNoFilter() {
		this.runner.withPropertyValues(URL).run((context) -> {
			McpServer server = context.getBean(McpOAuthManager.class).servers().iterator().next();
			WebClient client = context.getBean(AuthorizationWebClients.class).forServer(server);
			assertThat(filters(client.mutate())).isEmpty();
		});
	}

	// Redirects

	@ParameterizedTest
	@ValueSource(strings = { "reactor", "jdk" })
	@DisplayName("Law 11 A redirect of an MCP server is not followed, with a token or without")
	void requestWhenServerRedirectsDoesNotFollow(String connector) {
		try (TestHttpServer http = TestHttpServer.start(); TestHttpServer elsewhere = TestHttpServer.start()) {
			http.handle("/mcp", Answer.of(Response.redirect(elsewhere.url("/stolen").toString())));
			http.handle("/mcp/sibling", Answer.of(Response.redirect("/elsewhere")));
			http.handle("/page", Answer.of(Response.redirect(elsewhere.url("/found").toString())));
			elsewhere.handle("/found", Answer.of(200, "text/plain", "found"));
			this.runner
				.withPropertyValues("mcp.servers.demo.url=" + http.url("/mcp"),
						"spring.http.clients.reactive.connector=" + connector)
				.run((context) -> {
					WebClient client = context.getBean(WebClient.Builder.class).build();
					assertThat(status(client, http.url("/mcp"))).isEqualTo(302);
					assertThat(status(client, http.url("/mcp/sibling"))).isEqualTo(302);
					assertThat(status(client, http.url("/page"))).isEqualTo(200);
				});
			assertThat(elsewhere.count("/stolen")).isZero();
			assertThat(http.count("/elsewhere")).isZero();
			assertThat(elsewhere.count("/found")).isEqualTo(1);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "reactor", "jdk" })
	void requestWhenApplicationFollowsNoRedirectsIsLeftAlone(String connector) {
		try (TestHttpServer http = TestHttpServer.start()) {
			http.handle("/page", Answer.of(Response.redirect("/found")));
			this.runner
				.withPropertyValues("spring.http.clients.redirects=dont-follow",
						"spring.http.clients.reactive.connector=" + connector)
				.run((context) -> assertThat(
						status(context.getBean(WebClient.Builder.class).build(), http.url("/page")))
					.isEqualTo(302));
		}
	}

	// Class path

	@ParameterizedTest
	@ValueSource(strings = { "io.modelcontextprotocol", "org.springframework.ai", "org.springframework.boot.actuate",
			"org.springframework.boot.health", "com.sun.jna", "reactor.netty", "io.netty", "io.micrometer",
			"org.springframework.jdbc", "org.springframework.data", "org.springframework.web.servlet",
			"org.springframework.security", "jakarta.servlet", "org.postgresql", "org.yaml" })
	void contextWhenOptionalLibraryIsMissingStarts(String missing) {
		this.runner.withPropertyValues(URL).withClassLoader(new FilteredClassLoader(missing)).run((context) -> {
			assertThat(context).hasSingleBean(McpOAuthManager.class);
			assertThat(filters(context.getBean(WebClient.Builder.class))).hasSize(1);
		});
	}

	@Test
	void contextWhenWebClientIsMissingHasNoneOfOurBeans() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(McpOAuthAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader(WebClient.class))
			.run((context) -> assertThat(context).doesNotHaveBean(McpOAuthManager.class));
	}

	@Test
	void contextWhenBootConfiguresNoClientsStillHasAManager() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(McpOAuthAutoConfiguration.class))
			.withPropertyValues(URL)
			.run((context) -> assertThat(context).hasSingleBean(McpOAuthManager.class));
	}

	// Other ways to run and look

	@Test
	@DisplayName("Ahead-of-time processing works, and keeps what only reflection sees")
	void contextWhenProcessedAheadOfTimeHasHints() {
		GenericApplicationContext context = new AnnotationConfigApplicationContext();
		context.registerBean(McpOAuthAutoConfiguration.class);
		DefaultGenerationContext generation = new DefaultGenerationContext(
				new ClassNameGenerator(ClassName.get(McpOAuthAutoConfigurationTests.class)),
				new InMemoryGeneratedFiles());
		new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
		RuntimeHints hints = generation.getRuntimeHints();
		for (String resource : List.of("internal/protocol/version.properties", "store/jdbc/schema-h2.sql",
				"store/jdbc/schema-postgresql.sql")) {
			assertThat(RuntimeHintsPredicates.resource().forResource("io/github/mcpoauth/" + resource)).as(resource)
				.accepts(hints);
		}
		for (Class<?> type : List.of(McpServersProperties.Server.class, OAuthProperties.class)) {
			assertThat(RuntimeHintsPredicates.reflection()
				.onType(type)
				.withMemberCategory(MemberCategory.INVOKE_PUBLIC_METHODS)).as(type.getName()).accepts(hints);
		}
		for (Class<?> type : List.of(McpServersProperties.class, McpServersProperties.Server.class,
				OAuthProperties.class, McpOAuthProperties.class, McpOAuthProperties.Timeout.class)) {
			assertThat(RuntimeHintsPredicates.reflection().onType(type)).as(type.getName()).accepts(hints);
		}
		assertThat(hints.proxies().jdkProxyHints()).as("for JNA")
			.anyMatch((proxy) -> proxy.getProxiedInterfaces()
				.equals(List.of(TypeReference.of("io.github.mcpoauth.internal.store.file.JnaFlock$LibC"))));
	}

	@Test
	@DisplayName("F32 The configprops endpoint shows no secret even when it shows values")
	void configurationPropertiesEndpointWhenItShowsValuesShowsNoSecret() {
		this.runner
			.withBean(ConfigurationPropertiesReportEndpoint.class,
					() -> new ConfigurationPropertiesReportEndpoint(List.of(), Show.ALWAYS))
			.withPropertyValues(URL, "mcp.servers.linear.oauth.client-id=id",
					"mcp.servers.linear.oauth.client-secret=hush")
			.run((context) -> {
				ConfigurationPropertiesReportEndpoint endpoint = context
					.getBean(ConfigurationPropertiesReportEndpoint.class);
				String report = JsonMapper.shared().writeValueAsString(endpoint.configurationProperties());
				assertThat(report).contains("linear").doesNotContain("hush");
			});
	}

	private static int status(WebClient client, URI url) {
		Integer status = client.get()
			.uri(url)
			.exchangeToMono((response) -> response.releaseBody().thenReturn(response.statusCode().value()))
			.block(PATIENCE);
		return (status != null) ? status : 0;
	}

	private static List<ExchangeFilterFunction> filters(WebClient.Builder builder) {
		List<ExchangeFilterFunction> found = new ArrayList<>();
		builder.filters(found::addAll);
		return found;
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(McpOAuthAutoConfiguration.class)
	static class Configured {

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnBuilders {

		private static final ExchangeFilterFunction OWN = (request, next) -> next.exchange(request);

		@Bean
		WebClient.Builder ownBuilder() {
			return WebClient.builder().filter(OWN);
		}

		@Bean
		@Scope("prototype")
		WebClient.Builder prototypeBuilder() {
			return WebClient.builder().filter(OWN);
		}

		@Bean
		WebClient.Builder clonedBuilder(WebClient.Builder ownBuilder) {
			return ownBuilder.clone().filter(OWN);
		}

		@Bean
		FactoryBean<WebClient.Builder> madeBuilder() {
			return new FactoryBean<>() {

				@Override
				public WebClient.Builder getObject() {
					return WebClient.builder().filter(OWN);
				}

				@Override
				public Class<?> getObjectType() {
					return WebClient.Builder.class;
				}

			};
		}

	}

}
