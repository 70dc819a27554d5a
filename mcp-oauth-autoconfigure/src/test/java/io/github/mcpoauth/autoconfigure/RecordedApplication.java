// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.io.IOException;
import java.lang.reflect.Member;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

import com.jayway.jsonpath.JsonPath;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestMcpServer;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.agent.RecordedInvocation;
import org.springframework.aot.agent.RecordedInvocationsListener;
import org.springframework.aot.agent.RecordedInvocationsPublisher;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringApplicationRunListener;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.javapoet.ClassName;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Uses everything below an agent that records what is done by reflection, and says what
 * of it, as far as it is about our types and resources, has no hint after processing
 * ahead of time.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration(exclude = DataSourceAutoConfiguration.class)
public class RecordedApplication {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final Pattern ASSET = Pattern.compile("(?:href|src)=\"([^\"]+\\.(?:css|js|svg)[^\"]*)\"");

	private static final Pattern OURS = Pattern.compile("io[./]github[./]mcpoauth[./].*");

	/**
	 * What is done while processing, and not in the application that comes of it.
	 */
	private static final Pattern BEANS = Pattern
		.compile("org\\.springframework\\.(beans\\.factory|context\\.annotation|context\\.event"
				+ "|boot\\.autoconfigure)\\..*");

	private static final int CALLERS = 8;

	private static final HttpClient HTTP = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.ALWAYS).build();

	public static void main(String[] args) throws Exception {
		List<RecordedInvocation> invocations = new CopyOnWriteArrayList<>();
		try (TestAuthorizationServer authorizationServer = TestAuthorizationServer.start();
				TestMcpServer mcpServer = TestMcpServer.start(authorizationServer)) {
			String[] properties = { "--server.port=0", "--server.address=127.0.0.1",
					"--management.endpoints.web.exposure.include=mcpoauth,health",
					"--management.endpoint.mcpoauth.access=unrestricted", "--management.health.redis.enabled=false",
					"--mcp.oauth.web.enabled=true", "--mcp.oauth.web.allow-unprotected=true",
					"--mcp.servers.demo.url=" + mcpServer.url(), "--mcp.servers.demo.oauth=true",
					"--mcp.servers.other.url=https://other.example/mcp", "--mcp.servers.other.oauth.client-id=mine",
					"--mcp.oauth.store.file.directory=" + Path.of(args[0]) };
			RecordedInvocationsListener listener = invocations::add;
			RecordedInvocationsPublisher.addListener(listener);
			try (ConfigurableApplicationContext context = application().run(properties)) {
				use(context, mcpServer);
			}
			RecordedInvocationsPublisher.removeListener(listener);
			RuntimeHints hints = hints(properties);
			List<RecordedInvocation> ours = invocations.stream().filter(RecordedApplication::isOurs).toList();
			System.out.println("Invocations: " + ours.size());
			ours.stream()
				.filter((invocation) -> !invocation.matches(hints))
				.forEach((invocation) -> System.out.println("Without a hint: " + invocation + " by "
						+ invocation.getStackFrames().limit(CALLERS).toList()));
		}
		System.exit(0);
	}

	private static SpringApplication application() {
		return new SpringApplicationBuilder(RecordedApplication.class).web(WebApplicationType.REACTIVE).build();
	}

	private static void use(ConfigurableApplicationContext context, TestMcpServer mcpServer) throws Exception {
		URI home = URI
			.create("http://127.0.0.1:" + context.getEnvironment().getRequiredProperty("local.server.port") + "/");
		String endpoint = "actuator/mcpoauth/demo";
		String started = send(home.resolve(endpoint + "/login"), "{}").body();
		send(URI.create(JsonPath.read(started, "$.authorizationUrl")), null);
		send(home.resolve(endpoint + "/complete"), "{}");
		send(home.resolve(endpoint + "/refresh"), "{}");
		URI page = home.resolve("mcp/connections");
		List<String> assets = ASSET.matcher(get(page)).results().map((match) -> match.group(1)).toList();
		for (String path : assets) {
			get(page.resolve(path));
		}
		for (String path : List.of("actuator/mcpoauth", endpoint, "actuator/health")) {
			get(home.resolve(path));
		}
		String answer = context.getBean(WebClient.Builder.class)
			.build()
			.post()
			.uri(mcpServer.url())
			.header("Content-Type", "application/json")
			.bodyValue("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}")
			.retrieve()
			.bodyToMono(String.class)
			.block(PATIENCE);
		System.out.println("Answer: " + answer);
		System.out.println("Assets: " + assets.size());
		send(home.resolve(endpoint + "/logout"), "{}");
	}

	private static String get(URI url) throws IOException, InterruptedException {
		HttpResponse<String> answer = send(url, null);
		if (answer.statusCode() != 200) {
			throw new IllegalStateException("%s answered %d".formatted(url.getPath(), answer.statusCode()));
		}
		return answer.body();
	}

	private static HttpResponse<String> send(URI url, @Nullable String body) throws IOException, InterruptedException {
		HttpRequest.Builder request = HttpRequest.newBuilder(url).timeout(PATIENCE);
		if (body != null) {
			request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(body));
		}
		return HTTP.send(request.build(), BodyHandlers.ofString());
	}

	/**
	 * Whether something of this project was found or used, other than by looking for
	 * beans: for these, code is generated.
	 */
	private static boolean isOurs(RecordedInvocation invocation) {
		Object subject = invocation.isStatic() ? null : invocation.getInstance();
		Class<?> type = (subject instanceof Member member) ? member.getDeclaringClass()
				: (subject instanceof Class<?> looked) ? looked : null;
		boolean ours = (type != null) ? type.getName().startsWith("io.github.mcpoauth.")
				: invocation.getArguments()
					.stream()
					.anyMatch((argument) -> OURS.matcher(String.valueOf(argument)).matches());
		return ours && (subject instanceof Member || invocation.getReturnValue() != null)
				&& invocation.getStackFrames()
					.limit(CALLERS)
					.noneMatch((frame) -> BEANS.matcher(frame.getClassName()).matches());
	}

	/**
	 * What processing ahead of time finds, as Spring Boot's Maven plugin does it.
	 */
	private static RuntimeHints hints(String[] properties) {
		System.setProperty("spring.aot.processing", "true");
		GenericApplicationContext context;
		try {
			SpringApplication.withHook((application) -> new SpringApplicationRunListener() {

				@Override
				public void contextLoaded(ConfigurableApplicationContext loaded) {
					throw new SpringApplication.AbandonedRunException(loaded);
				}

			}, () -> application().run(properties));
			throw new IllegalStateException("The run was not abandoned");
		}
		catch (SpringApplication.AbandonedRunException ex) {
			context = (GenericApplicationContext) Objects.requireNonNull(ex.getApplicationContext());
		}
		DefaultGenerationContext generation = new DefaultGenerationContext(
				new ClassNameGenerator(ClassName.get(RecordedApplication.class)), new InMemoryGeneratedFiles());
		new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
		return generation.getRuntimeHints();
	}

}
