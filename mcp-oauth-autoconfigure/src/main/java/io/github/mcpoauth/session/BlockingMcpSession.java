// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

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
import reactor.core.publisher.Mono;

/**
 * An {@link McpServerSession} for callers that wait, such as the tool callbacks of a chat
 * client. It must not be used on an event loop thread, which Reactor refuses.
 */
public final class BlockingMcpSession {

	private final McpServerSession session;

	BlockingMcpSession(McpServerSession session) {
		this.session = session;
	}

	/**
	 * As {@link McpServerSession#connect()}.
	 * @return the server's description of itself
	 */
	public InitializeResult connect() {
		return await(this.session.connect());
	}

	/**
	 * As {@link McpServerSession#callTool(CallToolRequest)}.
	 * @param request the name of the tool and its arguments
	 * @return the result
	 */
	public CallToolResult callTool(CallToolRequest request) {
		return await(this.session.callTool(request));
	}

	/**
	 * As {@link McpServerSession#callTool(CallToolRequest, Consumer)}.
	 * @param request the name of the tool and its arguments
	 * @param progress called for each report of the server
	 * @return the result
	 */
	public CallToolResult callTool(CallToolRequest request, Consumer<ProgressNotification> progress) {
		return await(this.session.callTool(request, progress));
	}

	/**
	 * As {@link McpServerSession#listTools()}.
	 * @return all pages of the list
	 */
	public List<Tool> listTools() {
		return await(this.session.listTools());
	}

	/**
	 * As {@link McpServerSession#listResources()}.
	 * @return all pages of the list
	 */
	public List<Resource> listResources() {
		return await(this.session.listResources());
	}

	/**
	 * As {@link McpServerSession#listResourceTemplates()}.
	 * @return all pages of the list
	 */
	public List<ResourceTemplate> listResourceTemplates() {
		return await(this.session.listResourceTemplates());
	}

	/**
	 * As {@link McpServerSession#readResource(ReadResourceRequest)}.
	 * @param request the address of the resource
	 * @return its contents
	 */
	public ReadResourceResult readResource(ReadResourceRequest request) {
		return await(this.session.readResource(request));
	}

	/**
	 * As {@link McpServerSession#listPrompts()}.
	 * @return all pages of the list
	 */
	public List<Prompt> listPrompts() {
		return await(this.session.listPrompts());
	}

	/**
	 * As {@link McpServerSession#getPrompt(GetPromptRequest)}.
	 * @param request the name of the prompt and its arguments
	 * @return the prompt
	 */
	public GetPromptResult getPrompt(GetPromptRequest request) {
		return await(this.session.getPrompt(request));
	}

	/**
	 * As {@link McpServerSession#complete(CompleteRequest)}.
	 * @param request the argument, and the text typed so far
	 * @return the values that the server proposes
	 */
	public CompleteResult complete(CompleteRequest request) {
		return await(this.session.complete(request));
	}

	private static <T> T await(Mono<T> answer) {
		return Objects.requireNonNull(answer.block(), "A call ends in an answer or an error");
	}

}
