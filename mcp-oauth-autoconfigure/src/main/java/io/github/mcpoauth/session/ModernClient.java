// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question.Mode;
import io.github.mcpoauth.session.McpCallException.Reason;
import io.github.mcpoauth.session.McpServerSession.ServerChange;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.modern.McpException;
import io.modelcontextprotocol.modern.McpSchema;
import io.modelcontextprotocol.modern.McpSchema.DiscoverResult;
import io.modelcontextprotocol.modern.McpSchema.ElicitFormRequest;
import io.modelcontextprotocol.modern.McpSchema.ElicitResult;
import io.modelcontextprotocol.modern.McpSchema.ElicitUrlRequest;
import io.modelcontextprotocol.modern.client.McpAsyncClient;
import io.modelcontextprotocol.modern.client.McpAsyncClient.CompletionSpec;
import io.modelcontextprotocol.modern.client.McpAsyncClient.ListSpec;
import io.modelcontextprotocol.modern.client.McpClient;
import io.modelcontextprotocol.modern.client.McpInputHandlerMissingException;
import io.modelcontextprotocol.modern.client.McpInputRoundsExceededException;
import io.modelcontextprotocol.modern.client.McpInvalidResultException;
import io.modelcontextprotocol.modern.client.McpMissingClientCapabilityException;
import io.modelcontextprotocol.modern.client.McpResponseLostException;
import io.modelcontextprotocol.modern.client.McpSubscriptionLostException;
import io.modelcontextprotocol.modern.client.McpTimeoutException;
import io.modelcontextprotocol.modern.client.SubscriptionEvent;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.CompleteResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.ListPromptsResult;
import io.modelcontextprotocol.spec.McpSchema.ListResourceTemplatesResult;
import io.modelcontextprotocol.spec.McpSchema.ListResourcesResult;
import io.modelcontextprotocol.spec.McpSchema.ListToolsResult;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.ResourceReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.web.reactive.function.client.WebClient;

/**
 * Speaks the protocol of 2026-07-28. There is no session: each request stands for itself.
 * Results are the same types as those of the older protocol, and failures are exceptions
 * of this library or of the JDK.
 */
final class ModernClient implements ServerClient {

	private static final String RESERVED_META = "io.modelcontextprotocol/";

	private static final String PROGRESS_TOKEN = "progressToken";

	private static final String SERVER_INFO = "io.modelcontextprotocol/serverInfo";

	private static final int MOST_PAGES = 1000;

	private static final Logger logger = LoggerFactory.getLogger(ModernClient.class);

	private final McpServer server;

	private final Supplier<McpAsyncClient> clients;

	private final Duration connectTimeout;

	private final Duration timeout;

	private final WorkThreads threads;

	private final McpAsyncClient client;

	private final QuestionRegistry questions;

	private final GrantKey key;

	private final McpJsonMapper json = McpJsonDefaults.getMapper();

	/**
	 * The tools that the client knows the headers of.
	 */
	private final Set<String> listed = ConcurrentHashMap.newKeySet();

	// Changes of the tools may have been missed: the list that is kept cannot be trusted.
	// Two lists at the same time are both new
	private volatile boolean missed;

	ModernClient(McpServer server, GrantKey key, WebClient webClient, String version, SessionClients settings) {
		this.server = server;
		this.key = key;
		this.threads = settings.threads();
		this.questions = settings.questions();
		this.connectTimeout = settings.settings().connectTimeout();
		this.timeout = settings.settings().requestTimeout();
		ModernTransport transport = new ModernTransport(webClient, server.url(), AuthExtensions.of(server.oauth()),
				this.json);
		this.clients = () -> McpClient.async(transport)
			.clientInfo(McpSchema.Implementation.builder("mcp-oauth", version).build())
			.jsonMapper(this.json)
			.roundTimeout(this.timeout)
			// Users take their time. After an address was accepted a round has no other
			// bound, as the server may wait until the user is done there
			.callTimeout(this.timeout.plus(this.questions.settings().timeout()))
			.maxInputRounds(Inquiry.MOST_ROUNDS)
			.maxListPages(MOST_PAGES)
			.build();
		this.client = this.clients.get();
	}

	@Override
	public Mono<InitializeResult> connect() {
		return discover(this.connectTimeout).onErrorMap(this::translate);
	}

	/**
	 * Ask the server for its name, version and capabilities.
	 * @param timeout how long it may take to answer
	 * @return a mono with the server's description of itself. It fails as the client of
	 * the MCP library does
	 */
	Mono<InitializeResult> discover(Duration timeout) {
		// A client of its own: the other one keeps the answer for as long as the server
		// allows, and would not notice that the server has changed
		return this.threads.within(Mono.defer(() -> this.clients.get().discover()), timeout).map(this::description);
	}

	private InitializeResult description(DiscoverResult result) {
		if (!result.supportedVersions().contains(McpSchema.LATEST_PROTOCOL_VERSION)) {
			throw new McpException(McpSchema.ErrorCodes.UNSUPPORTED_PROTOCOL_VERSION, "Unsupported protocol version",
					Map.of("supported", result.supportedVersions()));
		}
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("protocolVersion", McpSchema.LATEST_PROTOCOL_VERSION);
		members.put("capabilities", result.capabilities());
		members.put("instructions", result.instructions());
		Object info = (result.meta() != null) ? result.meta().get(SERVER_INFO) : null;
		members.put("serverInfo", (info != null) ? info : Map.of("name", this.server.name(), "version", "unknown"));
		return this.json.convertValue(members, InitializeResult.class);
	}

	/**
	 * The client sends some arguments as headers too, so it has to know the tool. It
	 * would list the tools within the call, and then a failure of the list could not be
	 * told from one of the call.
	 */
	@Override
	public Mono<CallToolResult> callTool(CallToolRequest request, @Nullable Consumer<ProgressNotification> progress) {
		Mono<CallToolResult> call = asking(request.name(), (inquiry) -> {
			McpAsyncClient.ToolSpec silent = this.client.tool(request.name())
				.arguments(request.arguments())
				.meta(meta(request.meta()));
			McpAsyncClient.ToolSpec spec = (progress != null)
					? silent.progress((report) -> Mono.fromRunnable(
							() -> progress.accept(this.json.convertValue(report, ProgressNotification.class))))
					: silent;
			McpAsyncClient.ToolSpec forms = isAsked(Mode.FORM) ? spec.formElicitation((form) -> form(inquiry, form))
					: spec;
			return (isAsked(Mode.URL) ? forms.urlElicitation((url) -> url(inquiry, url)) : forms).call();
		}, CallToolResult.class);
		return Mono.defer(() -> this.listed.contains(request.name()) ? call
				: tools(true).onErrorMap(NotSentException::new)
					.flatMap((tools) -> this.listed.contains(request.name()) ? call
							: Mono.error(new UnknownToolException(this.server.name(), request.name()))));
	}

	@Override
	public Mono<ListToolsResult> listTools(@Nullable String cursor) {
		return tools(false);
	}

	private Mono<ListToolsResult> tools(boolean anew) {
		return result(Mono.defer(() -> {
			boolean missed = this.missed;
			return ((anew || missed) ? this.client.listTools().skipCache().list() : this.client.listTools().list())
				.doOnNext((result) -> {
					result.tools().forEach((tool) -> this.listed.add(tool.name()));
					if (missed) {
						this.missed = false;
					}
				});
		}), ListToolsResult.class);
	}

	@Override
	public Mono<ListResourcesResult> listResources(@Nullable String cursor) {
		return page(this.client.resources(), cursor, ListResourcesResult.class);
	}

	@Override
	public Mono<ListResourceTemplatesResult> listResourceTemplates(@Nullable String cursor) {
		return page(this.client.resourceTemplates(), cursor, ListResourceTemplatesResult.class);
	}

	@Override
	public Mono<ReadResourceResult> readResource(ReadResourceRequest request) {
		return asking(null, (inquiry) -> {
			McpAsyncClient.ResourceSpec spec = this.client.resource(request.uri()).meta(meta(request.meta()));
			McpAsyncClient.ResourceSpec forms = isAsked(Mode.FORM) ? spec.formElicitation((form) -> form(inquiry, form))
					: spec;
			return (isAsked(Mode.URL) ? forms.urlElicitation((url) -> url(inquiry, url)) : forms).read();
		}, ReadResourceResult.class);
	}

	@Override
	public Mono<ListPromptsResult> listPrompts(@Nullable String cursor) {
		return page(this.client.prompts(), cursor, ListPromptsResult.class);
	}

	@Override
	public Mono<GetPromptResult> getPrompt(GetPromptRequest request) {
		return asking(null, (inquiry) -> {
			McpAsyncClient.PromptSpec spec = this.client.prompt(request.name())
				.arguments(arguments(request.arguments()))
				.meta(meta(request.meta()));
			McpAsyncClient.PromptSpec forms = isAsked(Mode.FORM) ? spec.formElicitation((form) -> form(inquiry, form))
					: spec;
			return (isAsked(Mode.URL) ? forms.urlElicitation((url) -> url(inquiry, url)) : forms).get();
		}, GetPromptResult.class);
	}

	@Override
	public Mono<CompleteResult> complete(CompleteRequest request) {
		McpSchema.CompleteReference reference = (request.ref() instanceof ResourceReference resource)
				? new McpSchema.ResourceReference(resource.uri())
				: this.json.convertValue(request.ref(), McpSchema.PromptReference.class);
		return result(Mono.defer(() -> {
			CompletionSpec completion = this.client
				.completion(reference, request.argument().name(), request.argument().value())
				.meta(meta(request.meta()));
			return ((request.context() != null) ? completion.context(request.context().arguments()) : completion)
				.complete();
		}), CompleteResult.class);
	}

	@Override
	public Flux<ServerChange> changes(Set<ServerChange> wanted, Mono<Void> ending) {
		Flux<SubscriptionEvent> events = Flux.defer(() -> {
			McpAsyncClient.ListenSpec spec = this.client.listen();
			for (ServerChange change : wanted) {
				spec = switch (change.kind()) {
					case TOOLS -> spec.toolsChanged();
					case PROMPTS -> spec.promptsChanged();
					case RESOURCES -> spec.resourcesChanged();
					case RESOURCE -> spec.resourceUpdates(Objects.requireNonNull(change.uri()));
				};
			}
			return spec.events();
		});
		// The acknowledgement has to come in time. There is no bound on what follows
		return events.timeout(Mono.delay(this.timeout, this.threads.timer()), (event) -> Mono.never())
			.onErrorResume(TimeoutException.class, this.threads::deliver)
			.concatMapIterable((event) -> changes(wanted, event))
			.takeUntilOther(ending)
			.onErrorMap(this::translate);
	}

	private Collection<ServerChange> changes(Set<ServerChange> wanted, SubscriptionEvent event) {
		if (event instanceof SubscriptionEvent.Subscribed subscribed) {
			this.missed = true;
			if (!subscribed.missing().isEmpty()) {
				logger.info("MCP server '{}' does not report all changes that it was asked for: {} are missing",
						this.server.name(), UntrustedText.quote(subscribed.missing().toString()));
			}
			return wanted;
		}
		if (event instanceof SubscriptionEvent.ResourceUpdated updated) {
			return List.of(ServerChange.resource(updated.uri()));
		}
		if (event instanceof SubscriptionEvent.ToolsListChanged) {
			// Their arguments may be wanted as headers now
			this.listed.clear();
			return List.of(ServerChange.of(ServerChange.Kind.TOOLS));
		}
		return List.of(ServerChange.of((event instanceof SubscriptionEvent.PromptsListChanged)
				? ServerChange.Kind.PROMPTS : ServerChange.Kind.RESOURCES));
	}

	@Override
	public Mono<Void> close() {
		return Mono.empty();
	}

	private <R extends McpSchema.CacheableResult, T> Mono<T> page(ListSpec<R> list, @Nullable String cursor,
			Class<T> type) {
		return result(Mono.defer(() -> list.cursor(cursor).list()), type);
	}

	/**
	 * A call during which the server may ask questions. They are answered within the
	 * call, which the MCP library sends again with the answers.
	 */
	private <T> Mono<T> asking(@Nullable String tool, Function<Inquiry, Mono<?>> call, Class<T> type) {
		return Mono.defer(() -> {
			Inquiry inquiry = new Inquiry(this.questions, this.key, tool);
			return result(Mono.defer(() -> call.apply(inquiry)).onErrorMap((failure) -> translate(inquiry, failure)),
					type);
		});
	}

	private boolean isAsked(Mode mode) {
		return this.questions.modes().contains(mode);
	}

	private static Mono<ElicitResult> form(Inquiry inquiry, ElicitFormRequest form) {
		return inquiry.form(form.message(), form.requestedSchema()).map(ModernClient::answer);
	}

	private static Mono<ElicitResult> url(Inquiry inquiry, ElicitUrlRequest url) {
		return inquiry.url(url.message(), url.url()).map(ModernClient::answer);
	}

	private static ElicitResult answer(Answer answer) {
		return switch (answer.action()) {
			case ACCEPT ->
				new ElicitResult(ElicitResult.Action.ACCEPT, answer.content().isEmpty() ? null : answer.content());
			case DECLINE -> ElicitResult.decline();
			case CANCEL -> ElicitResult.cancel();
		};
	}

	private static Throwable translate(Inquiry inquiry, Throwable failure) {
		if (failure instanceof McpInputRoundsExceededException) {
			return inquiry.tooMany();
		}
		return (failure instanceof McpInputHandlerMissingException
				|| failure instanceof McpMissingClientCapabilityException) ? inquiry.notAsked(failure) : failure;
	}

	private <T> Mono<T> result(Mono<?> result, Class<T> type) {
		return result.map((value) -> this.json.convertValue(value, type)).onErrorMap(this::translate);
	}

	private static Map<String, Object> meta(@Nullable Map<String, Object> meta) {
		Map<String, Object> allowed = new LinkedHashMap<>((meta != null) ? meta : Map.of());
		allowed.keySet().removeIf((name) -> name.startsWith(RESERVED_META) || PROGRESS_TOKEN.equals(name));
		return allowed;
	}

	private static Map<String, String> arguments(@Nullable Map<String, Object> arguments) {
		Map<String, String> texts = new LinkedHashMap<>();
		((arguments != null) ? arguments : Map.<String, Object>of())
			.forEach((name, value) -> texts.put(name, String.valueOf(value)));
		return texts;
	}

	/**
	 * Finds the same kinds of failure as those of the older protocol.
	 */
	Throwable translate(Throwable failure) {
		if (failure instanceof McpTimeoutException) {
			return timeout(failure);
		}
		if (failure instanceof McpResponseLostException || failure instanceof McpSubscriptionLostException) {
			return new IOException("The answer was lost", failure);
		}
		if (failure instanceof McpException error && error.error() != null) {
			return CallFailures.refused(this.server.name(), error.error().code(), error.error().message(), failure);
		}
		return (failure instanceof McpInvalidResultException)
				? failure(Reason.UNANSWERED, "MCP server '%s' sent an answer that is not one of the protocol", failure)
				: failure;
	}

	private static TimeoutException timeout(Throwable failure) {
		TimeoutException timeout = new TimeoutException("No answer in time");
		timeout.initCause(failure);
		return timeout;
	}

	private McpCallException failure(Reason reason, String message, Throwable cause) {
		return new McpCallException(this.server.name(), reason, message.formatted(this.server.name()), null, null,
				cause);
	}

	/**
	 * Whether the answer to {@code server/discover} proves that the server speaks the
	 * older protocol only (Streamable HTTP, Backward Compatibility): any answer that is
	 * not an error of this protocol, and silence.
	 * @param failure the failure of {@link #discover(Duration)}
	 * @return {@code true} if so
	 */
	static boolean isLegacy(Throwable failure) {
		if (failure instanceof McpException error && error.error() != null) {
			return (error.error().code() == McpSchema.ErrorCodes.UNSUPPORTED_PROTOCOL_VERSION)
					? isLegacy(error.error().data()) : !ProtocolError.isModern(error.error().code());
		}
		return failure instanceof McpInvalidResultException || isUnanswered(failure)
				|| ProtocolEvidence.isLegacy(failure);
	}

	/**
	 * Whether {@link #discover(Duration)} failed without an answer of the server.
	 */
	static boolean isUnanswered(Throwable failure) {
		return failure instanceof McpResponseLostException || failure instanceof McpTimeoutException
				|| failure instanceof TimeoutException;
	}

	private static boolean isLegacy(@Nullable Object data) {
		List<?> versions = (data instanceof Map<?, ?> members && members.get("supported") instanceof List<?> supported)
				? supported : List.of(McpSchema.LATEST_PROTOCOL_VERSION);
		return versions.isEmpty() || versions.stream()
			.anyMatch((version) -> String.valueOf(version).compareTo(McpSchema.LATEST_PROTOCOL_VERSION) < 0);
	}

}
