// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.List;
import java.util.function.Consumer;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.NeedsReauth;
import io.github.mcpoauth.TransientAuthorizationException;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.CompleteRequest;
import io.modelcontextprotocol.spec.McpSchema.CompleteResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A session with one MCP server. It connects with the first call, keeps its place when
 * the token changes, is built again when the server has forgotten it, and can be used by
 * any number of threads for as long as the application runs.
 * <p>
 * Each call recovers from a rejected token at most once and gets at most one new session,
 * in that order. After that it fails with a {@link LoginRequiredException}, a
 * {@link TransientAuthorizationException} or an {@link McpCallException}; a tool call
 * answers the first, and a write of unknown outcome, as a result with {@code isError}.
 */
public interface McpServerSession {

	/**
	 * The server this is a session with.
	 * @return its name
	 */
	String server();

	/**
	 * Connect now, where the first call would.
	 * @return a mono with the server's description of itself. Fails as the calls do
	 */
	Mono<InitializeResult> connect();

	/**
	 * Call a tool. The call is sent a second time only if the server surely did not act
	 * on the first.
	 * @param request the name of the tool and its arguments
	 * @return a mono with the server's result; with the members of {@link NeedsReauth} as
	 * an error result when a login is required; or with an error result that says
	 * {@code outcome_uncertain} when the call was sent and no answer came back
	 */
	Mono<CallToolResult> callTool(CallToolRequest request);

	/**
	 * Call a tool and hear how it proceeds, if the server reports that.
	 * @param request the name of the tool and its arguments
	 * @param progress called for each report, on a thread that must not block. Its
	 * failures are logged and end nothing
	 * @return a mono as that of {@link #callTool(CallToolRequest)}
	 */
	default Mono<CallToolResult> callTool(CallToolRequest request, Consumer<ProgressNotification> progress) {
		return callTool(request);
	}

	/**
	 * The tools the server offers.
	 * @return a mono with all pages of the list
	 */
	Mono<List<Tool>> listTools();

	/**
	 * The resources the server offers.
	 * @return a mono with all pages of the list
	 */
	Mono<List<Resource>> listResources();

	/**
	 * The patterns of the resources that the server offers beside those it lists.
	 * @return a mono with all pages of the list
	 */
	Mono<List<ResourceTemplate>> listResourceTemplates();

	/**
	 * Read a resource.
	 * @param request the address of the resource
	 * @return a mono with its contents
	 */
	Mono<ReadResourceResult> readResource(ReadResourceRequest request);

	/**
	 * The prompts the server offers.
	 * @return a mono with all pages of the list
	 */
	Mono<List<Prompt>> listPrompts();

	/**
	 * Get a prompt.
	 * @param request the name of the prompt and its arguments
	 * @return a mono with the prompt
	 */
	Mono<GetPromptResult> getPrompt(GetPromptRequest request);

	/**
	 * Ask for values of an argument of a prompt or a resource template.
	 * @param request the argument, and the text typed so far
	 * @return a mono with the values that the server proposes
	 */
	Mono<CompleteResult> complete(CompleteRequest request);

	/**
	 * Hear of changes at the server: of the lists that it says it reports, and of some
	 * resources. Each of them is reported once when the session begins to listen, and
	 * again after a time in which changes may have been missed, for example when the
	 * connection broke. So a subscriber reads what was reported, and needs no first look.
	 * @param resources addresses of the resources to watch
	 * @return a flux of changes, which completes when the session is closed. It listens
	 * again after outages, with pauses, and fails with {@link LoginRequiredException} and
	 * with {@link McpCallException} when the server refuses to report
	 */
	default Flux<ServerChange> changes(String... resources) {
		return Flux.empty();
	}

	/**
	 * Leave the present session with the server and start another with the next call.
	 * Calls that are under way end on the session they were sent on.
	 */
	void reconnect();

	/**
	 * The same session for callers that wait.
	 * @return a view that blocks the calling thread
	 */
	default BlockingMcpSession blocking() {
		return new BlockingMcpSession(this);
	}

	/**
	 * A change at an MCP server. It names the list or the resource to read again, and not
	 * the news.
	 *
	 * @param kind the kind of thing that has changed
	 * @param uri address of the resource, {@code null} if a list has changed
	 * @see #changes(String...)
	 */
	record ServerChange(Kind kind, @Nullable String uri) {

		static ServerChange of(Kind list) {
			return new ServerChange(list, null);
		}

		static ServerChange resource(String uri) {
			return new ServerChange(Kind.RESOURCE, uri);
		}

		/**
		 * The kinds of things that change.
		 */
		public enum Kind {

			/**
			 * The list of tools.
			 */
			TOOLS,

			/**
			 * The list of prompts.
			 */
			PROMPTS,

			/**
			 * The list of resources.
			 */
			RESOURCES,

			/**
			 * The content of a resource.
			 */
			RESOURCE

		}

	}

}
