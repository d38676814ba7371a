/** The MAS `shop.shop`: another system at the same runtime, whose server has the name and a tool of the bank's. */
export const otherSystem = `
apiVersion: casa.io/v1alpha1
kind: MultiAgentSystem
metadata: { name: shop, namespace: shop }
spec:
  name: Shop
  llm_host: llm.example.com:8090
  apps:
    - name: shop-agent
      type: agent
      kubernetesWorkloadName: shop-agent
      baseUrl: { host: 'shop-agent:8084', scheme: http }
      httpRequestSchema: { promptFieldJsonPath: '{.content}' }
    - name: bank-mcp
      type: mcp_server
      kubernetesWorkloadName: shop-bank-mcp
      baseUrl: { host: 'bank-mcp.shop:8080', scheme: http }
      path: /mcp
      tools:
        - name: get_balance
          description: Get the balance of one account
          inputSchema: { type: object, properties: { account_id: { type: string } }, required: [account_id] }
`;
